// What people are written. Plain text: a link, a code, and why they got it.

export interface Mail {
  recipient: string;
  subject: string;
  body: string;
}

const SIGNATURE = "If you did not ask for this, you can ignore this message.";

function mail(recipient: string, subject: string, ...paragraphs: string[]): Mail {
  return { recipient, subject, body: `Hello,\n\n${paragraphs.join("\n\n")}\n` };
}

function linkAndCode(link: string, code: string): string[] {
  return [
    `${link}`,
    `Or enter this code: ${code}`,
    "The link works for an hour, the code for ten minutes, both once.",
  ];
}

export const confirmation = (to: string, link: string, code: string) =>
  mail(
    to,
    "Confirm your address",
    "Welcome! Follow this link to confirm your address:",
    ...linkAndCode(link, code),
    SIGNATURE,
  );

export const alreadyRegistered = (to: string, site: string) =>
  mail(
    to,
    "You already have an account",
    `Somebody, perhaps you, tried to sign up at ${site} with this address, which has an account.`,
    "If it was you, sign in, or ask for a new password there. Otherwise there is nothing to do.",
  );

export const recovery = (to: string, link: string, code: string) =>
  mail(
    to,
    "Choose a new password",
    "Follow this link to choose a new password:",
    ...linkAndCode(link, code),
    SIGNATURE,
  );

export const emailChange = (to: string, link: string, code: string) =>
  mail(
    to,
    "Confirm your new address",
    "Follow this link to make this the address of your account:",
    ...linkAndCode(link, code),
    SIGNATURE,
  );

export const emailChangeNotice = (to: string, site: string) =>
  mail(
    to,
    "Your address is about to change",
    `Somebody signed in to your account at ${site} asked to give it another address.`,
    "If it was not you, choose a new password now.",
  );

export const emailChangedNotice = (to: string, site: string) =>
  mail(
    to,
    "Your address was changed",
    `Your account at ${site} has another address now; this one no longer signs in.`,
    "If it was not you, answer to whoever runs the site at once.",
  );

export const reauthentication = (to: string, code: string) =>
  mail(
    to,
    "Your confirmation code",
    `Enter this code to confirm that it is you: ${code}`,
    "It works once, for ten minutes.",
    "If you did not ask for it, choose a new password: somebody is signed in to your account.",
  );

export const passwordChangedNotice = (to: string, site: string) =>
  mail(
    to,
    "Your password was changed",
    `The password of your account at ${site} was changed, and other devices were signed out.`,
    "If it was not you, ask for a new password at once.",
  );

export const reuseNotice = (to: string, site: string) =>
  mail(
    to,
    "You were signed out on one device",
    `An old key of a session of your account at ${site} was used again, so that session was ended.`,
    "A bad connection can cause it. If it happens again, choose a new password.",
  );
