ALTER TABLE `quotes` ADD COLUMN `forget_at` text;

CREATE INDEX `quotes_forget_at` ON `quotes` (`forget_at`);
