// Rows as this wire shows them.
import type { StoredObject } from "../find-object.ts";
import { fileName } from "../name.ts";

function metadataOf(object: StoredObject) {
  return {
    eTag: object.etag,
    size: object.size,
    mimetype: object.mime_type,
    cacheControl: object.cache_control,
    lastModified: object.updated_at,
    contentLength: object.size,
    httpStatusCode: 200,
  };
}

/** A file in a list, by its last segment or whole path. */
export function listed(object: StoredObject, name = fileName(object.name)) {
  const { id, created_at, updated_at } = object;
  return {
    name,
    id,
    updated_at,
    created_at,
    last_accessed_at: updated_at,
    metadata: metadataOf(object),
  };
}

/** A folder in a list. */
export function folder(name: string) {
  return {
    name,
    id: null,
    updated_at: null,
    created_at: null,
    last_accessed_at: null,
    metadata: null,
  };
}

export function removed(object: StoredObject) {
  const { bucket_id, owner_id, version, user_metadata } = object;
  const whole = listed(object, object.name);
  return { ...whole, bucket_id, owner: owner_id, owner_id, version, user_metadata };
}

export function described(object: StoredObject) {
  return {
    id: object.id,
    version: object.version,
    name: object.name,
    bucket_id: object.bucket_id,
    size: object.size,
    content_type: object.mime_type,
    cache_control: object.cache_control,
    etag: object.etag,
    metadata: object.user_metadata ?? {},
    last_modified: object.updated_at,
    created_at: object.created_at,
    updated_at: object.updated_at,
  };
}
