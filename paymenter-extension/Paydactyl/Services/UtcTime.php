<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Services;

/**
 * Moments as the bridge reads them: RFC 3339 in UTC.
 */
final class UtcTime
{
    /**
     * A raw DATETIME column as the moment that it means.
     *
     * Columns hold the wall clock of Paymenter's own time zone (its setting "timezone", which it makes PHP's default).
     * The model's cast to a date loses the hours (facts/paymenter.md §b), so the raw column is what is told. Null where
     * there is none or it is none.
     */
    public static function ofColumn(?string $column, \DateTimeZone $zone): ?string
    {
        if ($column === null || !preg_match('/^\d{4}-\d{2}-\d{2}/', $column)) {
            return null;
        }
        try {
            $moment = new \DateTimeImmutable($column, $zone);
        } catch (\Exception) {
            return null;
        }

        return $moment->setTimezone(new \DateTimeZone('UTC'))->format('Y-m-d\TH:i:s\Z');
    }

    /** Unix milliseconds as RFC 3339, with milliseconds. */
    public static function ofMilliseconds(int $milliseconds): string
    {
        return gmdate('Y-m-d\TH:i:s', intdiv($milliseconds, 1000)) . sprintf('.%03dZ', $milliseconds % 1000);
    }

    /** What `ofColumn` wrote, in Unix milliseconds. */
    public static function toMilliseconds(string $moment): int
    {
        return (new \DateTimeImmutable($moment))->getTimestamp() * 1000;
    }
}
