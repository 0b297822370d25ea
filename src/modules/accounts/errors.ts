// What GoTrue's clients may be refused with; codes are theirs, sentences ours.
import type { Catalogue } from "../../kernel/errors.ts";

const asking: Catalogue = {
  validation_failed: {
    status: 400,
    message: "The request is not acceptable: {reason}",
  },
  bad_json: {
    status: 400,
    message: "The request body is not acceptable: {reason}",
  },
  unsupported_grant_type: {
    status: 400,
    message: "This grant_type is not offered",
  },
  email_address_invalid: {
    status: 400,
    message: "The email address is not valid",
  },
  phone_provider_disabled: {
    status: 400,
    message: "Phone numbers are not offered",
  },
  anonymous_provider_disabled: {
    status: 422,
    message: "Anonymous sign-ins are disabled",
  },
  signup_disabled: { status: 422, message: "Sign-ups are not allowed" },
  weak_password: { status: 422, message: "The password is too weak: {reason}" },
  same_password: {
    status: 422,
    message: "The new password must differ from the old one",
  },
  user_already_exists: {
    status: 422,
    message: "A user with this address is registered",
  },
  email_exists: {
    status: 422,
    message: "A user with this address is registered",
  },
  user_id_exists: {
    status: 422,
    message: "A user with this id exists, or existed",
  },
  conflict: {
    status: 409,
    message: "The user was changed by another request; try again",
  },
};

const proving: Catalogue = {
  bad_jwt: { status: 401, message: "The token or key is not valid" },
  no_authorization: {
    status: 401,
    message: "This needs {credentials}",
  },
  not_admin: { status: 403, message: "This needs the secret key" },
  invalid_credentials: { status: 400, message: "Invalid login credentials" },
  email_not_confirmed: {
    status: 400,
    message: "The email address is not confirmed",
  },
  user_banned: { status: 403, message: "The user is banned" },
  user_not_found: { status: 404, message: "There is no such user" },
  refresh_token_not_found: {
    status: 400,
    message: "Invalid Refresh Token: Refresh Token Not Found",
  },
  refresh_token_already_used: {
    status: 400,
    message: "Invalid Refresh Token: Already Used",
  },
  session_expired: {
    status: 400,
    message: "Invalid Refresh Token: Session Expired",
  },
  otp_expired: {
    status: 403,
    message: "The link or code is not valid or has expired",
  },
  reauthentication_needed: {
    status: 403,
    message: "Changing password or address needs a recent sign-in or a nonce",
  },
  reauthentication_not_valid: {
    status: 422,
    message: "The nonce is not valid or has expired",
  },
  flow_state_not_found: {
    status: 404,
    message: "The code is not valid or has expired",
  },
  bad_code_verifier: {
    status: 400,
    message: "The code verifier does not match the challenge",
  },
};

const slowing: Catalogue = {
  over_request_rate_limit: {
    status: 429,
    message: "Too many requests; wait {seconds} seconds",
  },
  over_email_send_rate_limit: {
    status: 429,
    message: "Too many emails; wait {seconds} seconds",
  },
  request_timeout: {
    status: 503,
    message: "Too many passwords are being checked right now",
  },
};

const offering: Catalogue = {
  not_offered: {
    status: 404,
    message: "This part of GoTrue's API is not offered by Vertebra (yet)",
  },
  api_url_missing: {
    status: 503,
    message: "This server has not been told its own address",
    hint: "Set API_URL: mailed links and tokens name it, and a Host header is anybody's to write.",
  },
};

export const accountErrors: Catalogue = { ...asking, ...proving, ...slowing, ...offering };
