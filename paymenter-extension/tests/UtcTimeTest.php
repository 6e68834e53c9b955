<?php

declare(strict_types=1);

namespace PaydactylTests;

use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;
use PHPUnit\Framework\TestCase;

final class UtcTimeTest extends TestCase
{
    /** @dataProvider columns */
    public function testARawColumnIsToldInUtc(?string $column, string $zone, ?string $moment): void
    {
        self::assertSame($moment, UtcTime::ofColumn($column, new \DateTimeZone($zone)));
    }

    /** @return array<string, array{?string, string, ?string}> */
    public static function columns(): array
    {
        return [
            'with its hours, which the model would lose' => ['2026-12-23 10:40:29', 'UTC', '2026-12-23T10:40:29Z'],
            'of a shop in Amsterdam, in winter' => ['2026-12-23 00:00:00', 'Europe/Amsterdam', '2026-12-22T23:00:00Z'],
            'of a shop in Amsterdam, in summer' => ['2026-07-01 00:00:00', 'Europe/Amsterdam', '2026-06-30T22:00:00Z'],
            'as SQLite may keep a date' => ['2026-12-23', 'UTC', '2026-12-23T00:00:00Z'],
            'with fractions' => ['2026-12-23 10:40:29.123', 'UTC', '2026-12-23T10:40:29Z'],
            'none' => [null, 'UTC', null],
            'no date' => ['soon', 'UTC', null],
            'no day of the calendar' => ['2026-99-99 00:00:00', 'UTC', null],
        ];
    }

    public function testMillisecondsAreKept(): void
    {
        self::assertSame('2026-11-23T10:40:00.007Z', UtcTime::ofMilliseconds(1_795_430_400_007));
        self::assertSame(1_795_430_400_000, UtcTime::toMilliseconds('2026-11-23T10:40:00Z'));
    }
}
