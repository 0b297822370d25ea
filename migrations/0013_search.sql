ALTER TABLE `restaurants` ADD COLUMN `_search_name` text;

ALTER TABLE `restaurants` ADD COLUMN `_search_description` text;

CREATE VIRTUAL TABLE "_search_restaurants" using fts5("_search_name","_search_description", content='', columnsize=0, tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co'");

insert into "_search_restaurants"(rowid,"_search_name","_search_description") select t.rowid,char(57344)||' '||coalesce(t."_search_name",t."name"),char(57344)||' '||coalesce(t."_search_description",t."description") from "restaurants" t;

CREATE TRIGGER "restaurants_search_delete" after delete on "restaurants" begin
  insert into "_search_restaurants"("_search_restaurants",rowid,"_search_name","_search_description") values('delete',old.rowid,char(57344)||' '||coalesce(old."_search_name",old."name"),char(57344)||' '||coalesce(old."_search_description",old."description"));
end;

CREATE TRIGGER "restaurants_search_insert" after insert on "restaurants" begin
  insert into "_search_restaurants"(rowid,"_search_name","_search_description") values(new.rowid,char(57344)||' '||coalesce(new."_search_name",new."name"),char(57344)||' '||coalesce(new."_search_description",new."description"));
end;

CREATE TRIGGER "restaurants_search_update" after update of "name","description","_search_name","_search_description" on "restaurants" when old."name" is not new."name" or old."description" is not new."description" or old."_search_name" is not new."_search_name" or old."_search_description" is not new."_search_description" begin
  insert into "_search_restaurants"("_search_restaurants",rowid,"_search_name","_search_description") values('delete',old.rowid,char(57344)||' '||coalesce(old."_search_name",old."name"),char(57344)||' '||coalesce(old."_search_description",old."description"));
  insert into "_search_restaurants"(rowid,"_search_name","_search_description") values(new.rowid,char(57344)||' '||coalesce(new."_search_name",new."name"),char(57344)||' '||coalesce(new."_search_description",new."description"));
end;

ALTER TABLE `menu_items` ADD COLUMN `_search_name` text;

ALTER TABLE `menu_items` ADD COLUMN `_search_description` text;

CREATE VIRTUAL TABLE "_search_menu_items" using fts5("_search_name","_search_description", content='', columnsize=0, tokenize="unicode61 remove_diacritics 2 categories 'L* N* M* Co'");

insert into "_search_menu_items"(rowid,"_search_name","_search_description") select t.rowid,char(57344)||' '||coalesce(t."_search_name",t."name"),char(57344)||' '||coalesce(t."_search_description",t."description") from "menu_items" t;

CREATE TRIGGER "menu_items_search_delete" after delete on "menu_items" begin
  insert into "_search_menu_items"("_search_menu_items",rowid,"_search_name","_search_description") values('delete',old.rowid,char(57344)||' '||coalesce(old."_search_name",old."name"),char(57344)||' '||coalesce(old."_search_description",old."description"));
end;

CREATE TRIGGER "menu_items_search_insert" after insert on "menu_items" begin
  insert into "_search_menu_items"(rowid,"_search_name","_search_description") values(new.rowid,char(57344)||' '||coalesce(new."_search_name",new."name"),char(57344)||' '||coalesce(new."_search_description",new."description"));
end;

CREATE TRIGGER "menu_items_search_update" after update of "name","description","_search_name","_search_description" on "menu_items" when old."name" is not new."name" or old."description" is not new."description" or old."_search_name" is not new."_search_name" or old."_search_description" is not new."_search_description" begin
  insert into "_search_menu_items"("_search_menu_items",rowid,"_search_name","_search_description") values('delete',old.rowid,char(57344)||' '||coalesce(old."_search_name",old."name"),char(57344)||' '||coalesce(old."_search_description",old."description"));
  insert into "_search_menu_items"(rowid,"_search_name","_search_description") values(new.rowid,char(57344)||' '||coalesce(new."_search_name",new."name"),char(57344)||' '||coalesce(new."_search_description",new."description"));
end;
