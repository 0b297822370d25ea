CREATE TRIGGER "storage__objects_tally_usage_delete" after delete on "storage__objects" begin
  update "storage__usage" set "files"="files"-1,"bytes"="bytes"-old."size" where "owner_id"=old."owner_id";
end;

CREATE TRIGGER "storage__objects_tally_usage_insert" after insert on "storage__objects" begin
  insert into "storage__usage"("owner_id","files","bytes")
    select new."owner_id",1,new."size" where new."owner_id" is not null
    on conflict("owner_id") do update set "files"="storage__usage"."files"+excluded."files","bytes"="storage__usage"."bytes"+excluded."bytes";
end;

CREATE TRIGGER "storage__objects_tally_usage_update" after update on "storage__objects" when old."owner_id" is not new."owner_id" or old."size" is not new."size" begin
  update "storage__usage" set "files"="files"-1,"bytes"="bytes"-old."size" where "owner_id"=old."owner_id";
  insert into "storage__usage"("owner_id","files","bytes")
    select new."owner_id",1,new."size" where new."owner_id" is not null
    on conflict("owner_id") do update set "files"="storage__usage"."files"+excluded."files","bytes"="storage__usage"."bytes"+excluded."bytes";
end;

ALTER TABLE `storage__uploads` ADD COLUMN `reserved` integer DEFAULT 0 NOT NULL;

CREATE TRIGGER "storage__uploads_tally_usage_delete" after delete on "storage__uploads" begin
  update "storage__usage" set "files"="files"-1,"bytes"="bytes"-old."reserved" where "owner_id"=old."owner_id";
end;

CREATE TRIGGER "storage__uploads_tally_usage_insert" after insert on "storage__uploads" begin
  insert into "storage__usage"("owner_id","files","bytes")
    select new."owner_id",1,new."reserved" where new."owner_id" is not null
    on conflict("owner_id") do update set "files"="storage__usage"."files"+excluded."files","bytes"="storage__usage"."bytes"+excluded."bytes";
end;

CREATE TRIGGER "storage__uploads_tally_usage_update" after update on "storage__uploads" when old."owner_id" is not new."owner_id" or old."reserved" is not new."reserved" begin
  update "storage__usage" set "files"="files"-1,"bytes"="bytes"-old."reserved" where "owner_id"=old."owner_id";
  insert into "storage__usage"("owner_id","files","bytes")
    select new."owner_id",1,new."reserved" where new."owner_id" is not null
    on conflict("owner_id") do update set "files"="storage__usage"."files"+excluded."files","bytes"="storage__usage"."bytes"+excluded."bytes";
end;

CREATE TABLE `storage__usage` (
	`owner_id` text PRIMARY KEY NOT NULL,
	`files` integer NOT NULL,
	`bytes` integer NOT NULL,
	`_v` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`owner_id`) REFERENCES `auth__users`(`id`) ON UPDATE no action ON DELETE no action
);

-- What is there already; the update's trigger adds the bytes of uploads that are not finished.
INSERT INTO `storage__usage` (`owner_id`, `files`, `bytes`)
SELECT `owner_id`, count(*), sum(`size`) FROM (
	SELECT `owner_id`, `size` FROM `storage__objects` UNION ALL
	SELECT `owner_id`, 0 FROM `storage__uploads`
) WHERE `owner_id` IS NOT NULL GROUP BY `owner_id`;

UPDATE `storage__uploads` SET `reserved` = `size`;
