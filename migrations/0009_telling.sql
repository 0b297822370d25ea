-- The kernel's own tables: how far each listener was told, and what is tried again later.
CREATE TABLE `_told` (
  `listener` text PRIMARY KEY NOT NULL,
  `seq` integer NOT NULL,
  `holder` text,
  `until` integer
);
--> statement-breakpoint
CREATE TABLE `_retries` (
  `work` text NOT NULL,
  `key` text NOT NULL,
  `attempts` integer NOT NULL,
  `due` integer NOT NULL,
  `reason` text NOT NULL,
  PRIMARY KEY (`work`, `key`)
);
