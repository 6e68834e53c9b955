<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/**
 * Our three tables, in SQL that MySQL, MariaDB, PostgreSQL and SQLite read alike.
 *
 * Bodies are ASCII and below 60 KiB, so that TEXT holds them on all of these whatever the character set.
 */
final class Schema
{
    /** In the order in which they may be dropped. */
    public const TABLES = ['ext_paydactyl_outbox', 'ext_paydactyl_subjects', 'ext_paydactyl_state'];

    /** @return list<string> */
    public static function statements(): array
    {
        return [
            // What is still to be delivered. `refused` holds what a person must look at; its row is not sent again by
            // itself.
            'CREATE TABLE ext_paydactyl_outbox (
                delivery_id VARCHAR(64) NOT NULL PRIMARY KEY,
                subject VARCHAR(64) NOT NULL,
                kind VARCHAR(64) NOT NULL,
                revision BIGINT NOT NULL,
                body TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                claimed_until BIGINT NOT NULL DEFAULT 0,
                refused SMALLINT NOT NULL DEFAULT 0,
                last_problem VARCHAR(500) NULL
            )',
            'CREATE INDEX ext_paydactyl_outbox_subject ON ext_paydactyl_outbox (subject)',
            'CREATE INDEX ext_paydactyl_outbox_order ON ext_paydactyl_outbox (refused, attempts, revision)',
            // What was last said of each service and customer; a row stays, so that revisions never go back.
            'CREATE TABLE ext_paydactyl_subjects (
                subject VARCHAR(64) NOT NULL PRIMARY KEY,
                customer_id VARCHAR(64) NOT NULL,
                revision BIGINT NOT NULL,
                digest VARCHAR(64) NULL,
                status VARCHAR(64) NULL,
                reason VARCHAR(64) NULL
            )',
            'CREATE INDEX ext_paydactyl_subjects_customer ON ext_paydactyl_subjects (customer_id)',
            'CREATE TABLE ext_paydactyl_state (
                name VARCHAR(64) NOT NULL PRIMARY KEY,
                value TEXT NOT NULL
            )',
        ];
    }
}
