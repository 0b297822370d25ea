-- The kernel's own tables: guards, transactions, the change log.
CREATE TABLE `_guard` (`code` text NOT NULL);
--> statement-breakpoint
CREATE TRIGGER `_guard_raise` BEFORE INSERT ON `_guard` BEGIN
  SELECT raise(abort, 'vtb:' || new.code);
END;
--> statement-breakpoint
CREATE TABLE `_tx` (
  `seq` integer PRIMARY KEY NOT NULL,
  `nonce` text NOT NULL,
  `actor` text NOT NULL,
  `at` text NOT NULL,
  `first` integer NOT NULL,
  `route` text,
  `key` text,
  `hash` text,
  `status` integer,
  `body` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `_tx_key` ON `_tx` (`actor`, `route`, `key`) WHERE `key` IS NOT NULL;
--> statement-breakpoint
CREATE TABLE `_changes` (
  `seq` integer PRIMARY KEY NOT NULL,
  `tx` integer NOT NULL,
  `tbl` text NOT NULL,
  `verb` text NOT NULL,
  `key` text NOT NULL,
  `new` text,
  `old` text
);
