DROP TRIGGER IF EXISTS "restaurants_changes_delete";

DROP TRIGGER IF EXISTS "restaurants_changes_insert";

DROP TRIGGER IF EXISTS "restaurants_changes_update";

DROP INDEX IF EXISTS "restaurants_cuisine";

ALTER TABLE `restaurants` ADD COLUMN `osm_id` text;

ALTER TABLE `restaurants` ADD COLUMN `_cell` integer GENERATED ALWAYS AS ((((((((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>0&1)<<0)|((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>0&1)<<1))|(((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>1&1)<<2)|(((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>1&1)<<3)|((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>2&1)<<4))))|((((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>2&1)<<5)|((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>3&1)<<6))|(((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>3&1)<<7)|(((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>4&1)<<8)|((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>4&1)<<9)))))|(((((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>5&1)<<10)|((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>5&1)<<11))|(((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>6&1)<<12)|(((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>6&1)<<13)|((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>7&1)<<14))))|((((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>7&1)<<15)|((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>8&1)<<16))|(((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>8&1)<<17)|(((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>9&1)<<18)|((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>9&1)<<19))))))|((((((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>10&1)<<20)|((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>10&1)<<21))|(((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>11&1)<<22)|(((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>11&1)<<23)|((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>12&1)<<24))))|((((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>12&1)<<25)|((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>13&1)<<26))|(((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>13&1)<<27)|(((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>14&1)<<28)|((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>14&1)<<29)))))|(((((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>15&1)<<30)|((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>15&1)<<31))|(((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>16&1)<<32)|(((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>16&1)<<33)|((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>17&1)<<34))))|((((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>17&1)<<35)|((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>18&1)<<36))|(((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>18&1)<<37)|(((min(cast((lng+180)*1048576/360.0 as integer),1048575)>>19&1)<<38)|((min(cast((lat+90)*1048576/180.0 as integer),1048575)>>19&1)<<39)))))))) VIRTUAL;

CREATE INDEX `restaurants__cell` ON `restaurants` (`_cell`);

CREATE INDEX `restaurants_cuisine__cell` ON `restaurants` (`cuisine`,`_cell`);

CREATE UNIQUE INDEX `restaurants_osm_id` ON `restaurants` (`osm_id`);

CREATE TRIGGER "restaurants_changes_delete" after delete on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'delete', old."id",
    null, json_insert(json_object('id',old."id",'name',old."name",'cuisine',old."cuisine",'description',old."description",'lat',old."lat",'lng',old."lng",'address',old."address",'city',old."city",'phone',old."phone",'time_zone',old."time_zone",'hours',json(old."hours"),'currency',old."currency",'prep_minutes',old."prep_minutes",'rating',old."rating",'osm_id',old."osm_id",'created_at',old."created_at"),'$."updated_at"',old."updated_at"));
end;

CREATE TRIGGER "restaurants_changes_insert" after insert on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'insert', new."id",
    json_insert(json_object('id',new."id",'name',new."name",'cuisine',new."cuisine",'description',new."description",'lat',new."lat",'lng',new."lng",'address',new."address",'city',new."city",'phone',new."phone",'time_zone',new."time_zone",'hours',json(new."hours"),'currency',new."currency",'prep_minutes',new."prep_minutes",'rating',new."rating",'osm_id',new."osm_id",'created_at',new."created_at"),'$."updated_at"',new."updated_at"), null);
end;

CREATE TRIGGER "restaurants_changes_update" after update on "restaurants" begin
  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),
    'restaurants', 'update', new."id",
    json_insert(json_object('id',new."id",'name',new."name",'cuisine',new."cuisine",'description',new."description",'lat',new."lat",'lng',new."lng",'address',new."address",'city',new."city",'phone',new."phone",'time_zone',new."time_zone",'hours',json(new."hours"),'currency',new."currency",'prep_minutes',new."prep_minutes",'rating',new."rating",'osm_id',new."osm_id",'created_at',new."created_at"),'$."updated_at"',new."updated_at"), json_insert(json_object('id',old."id",'name',old."name",'cuisine',old."cuisine",'description',old."description",'lat',old."lat",'lng',old."lng",'address',old."address",'city',old."city",'phone',old."phone",'time_zone',old."time_zone",'hours',json(old."hours"),'currency',old."currency",'prep_minutes',old."prep_minutes",'rating',old."rating",'osm_id',old."osm_id",'created_at',old."created_at"),'$."updated_at"',old."updated_at"));
end;
