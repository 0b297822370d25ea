// What the Storage API's clients may be refused with; codes are its own, sentences ours.
import type { Catalogue } from "../../kernel/errors.ts";

export const storageErrors: Catalogue = {
  InvalidRequest: { status: 400, message: "The request is not acceptable: {reason}" },
  InvalidKey: { status: 400, message: "Invalid key: a path of plain segments is needed" },
  InvalidBucketName: { status: 400, message: "Bucket name invalid" },
  InvalidJWT: { status: 401, message: "The token or key is not valid" },
  AccessDenied: {
    status: 403,
    message: "new row violates row-level security policy",
    hint: "{hint}",
  },
  SecretKeyNeeded: { status: 403, message: "This needs the secret key" },
  InvalidSignature: { status: 403, message: "The signature of this URL is not valid" },
  ExpiredToken: { status: 403, message: "This URL has expired" },
  NoSuchKey: { status: 404, message: "Object not found" },
  NoSuchBucket: { status: 404, message: "Bucket not found" },
  KeyAlreadyExists: { status: 409, message: "The resource already exists" },
  BucketAlreadyExists: { status: 409, message: "The resource already exists" },
  BucketNotEmpty: { status: 409, message: "The bucket you tried to delete is not empty" },
  BucketIsDeclared: {
    status: 409,
    message: "The bucket is declared in code, and changes there",
  },
  ResourceLocked: { status: 423, message: "Others are changing the same file; try again" },
  PreconditionFailed: { status: 412, message: "The file is not as the request expects it" },
  EntityTooLarge: { status: 413, message: "The object exceeded the maximum allowed size" },
  QuotaExceeded: { status: 413, message: "There is no room left for another file of this size" },
  InvalidMimeType: { status: 415, message: "mime type {type} is not supported" },
  MismatchedMimeType: { status: 415, message: "the bytes are not {type}" },
  MismatchedName: {
    status: 415,
    title: "The name says otherwise than the bytes",
    message: "the name says {said}, the bytes are {found}",
  },
  InvalidRange: { status: 416, message: "The range is not in the file" },
  InternalError: { status: 500, message: "Something went wrong here" },
  UploadGone: { status: 410, message: "The upload took too long and was given up" },
};
