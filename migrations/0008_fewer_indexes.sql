DROP INDEX IF EXISTS "restaurants_name";

DROP INDEX IF EXISTS "menu_items_name";
