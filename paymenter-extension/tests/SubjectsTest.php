<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Database;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Dialect;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Subjects;
use PHPUnit\Framework\TestCase;

final class SubjectsTest extends TestCase
{
    public function testARevisionNeverGoesBack(): void
    {
        $subjects = new Subjects((new Shop())->database);

        self::assertSame(1000, $subjects->advance('service:8', '3', 1000)->revision);
        self::assertSame(1001, $subjects->advance('service:8', '3', 1000)->revision);
        self::assertSame(1002, $subjects->advance('service:8', '3', 10)->revision);
        self::assertSame(5000, $subjects->advance('service:8', '3', 5000)->revision);
        self::assertSame(2000, $subjects->advance('service:9', '3', 2000)->revision);
    }

    /** A statement that looks for a row which is missing locks the gap on InnoDB, and two checkouts dead-lock. */
    public function testOnMySqlARevisionIsTakenByOneStatementThatLooksForNothingFirst(): void
    {
        $database = new class () implements Database {
            /** @var list<string> */
            public array $statements = [];

            public function dialect(): Dialect
            {
                return Dialect::MySql;
            }

            public function transaction(callable $work): mixed
            {
                return $work();
            }

            public function select(string $sql, array $values = []): array
            {
                $this->statements[] = $sql;

                return [['subject' => 'service:8', 'revision' => 1, 'digest' => null, 'status' => null, 'reason' => null]];
            }

            public function execute(string $sql, array $values = []): int
            {
                $this->statements[] = $sql;

                return 1;
            }
        };

        (new Subjects($database))->advance('service:8', '3', 1);

        self::assertCount(2, $database->statements);
        self::assertStringStartsWith('INSERT INTO ext_paydactyl_subjects', $database->statements[0]);
        self::assertStringContainsString('ON DUPLICATE KEY UPDATE', $database->statements[0]);
        self::assertStringStartsWith('SELECT', $database->statements[1]);
        self::assertStringNotContainsString('FOR UPDATE', $database->statements[1]);
    }
}
