<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

/** What became of one delivery. */
final class Outcome
{
    private function __construct(
        public readonly OutcomeKind $kind,
        /** One sentence; empty where all is well. */
        public readonly string $sentence = '',
        public readonly ?int $retryAfterSeconds = null,
    ) {
    }

    public static function acknowledged(): self
    {
        return new self(OutcomeKind::Acknowledged);
    }

    public static function later(string $sentence, ?int $retryAfterSeconds = null): self
    {
        return new self(OutcomeKind::Later, $sentence, $retryAfterSeconds);
    }

    public static function needsPerson(string $sentence): self
    {
        return new self(OutcomeKind::NeedsPerson, $sentence);
    }

    public static function refused(string $sentence): self
    {
        return new self(OutcomeKind::Refused, $sentence);
    }
}
