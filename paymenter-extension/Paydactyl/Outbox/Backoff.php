<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/**
 * How long the bridge is left alone after it failed to take a delivery.
 *
 * failures in a row: 1 → 5 s, 2 → 15 s, 3 → 1 min, 4 → 5 min, from 5 on → 15 min.
 */
final class Backoff
{
    private const SECONDS = [5, 15, 60, 300, 900];

    /** A sender that is asked to wait longer than the longest pause would only make people wait. */
    public static function milliseconds(int $failures, ?int $retryAfterSeconds = null): int
    {
        $step = self::SECONDS[max(0, min($failures, count(self::SECONDS)) - 1)];

        return 1000 * max($step, min($retryAfterSeconds ?? 0, max(self::SECONDS)));
    }
}
