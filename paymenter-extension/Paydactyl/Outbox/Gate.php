<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/**
 * Whether the bridge is to be tried at this moment.
 *
 * One gate for all deliveries: when the bridge is away, a thousand waiting rows must not mean a thousand time-outs in
 * Paymenter's only queue worker. Kept in the database, because many processes deliver.
 */
final class Gate
{
    private const UNTIL = 'gate.closed_until';
    private const FAILURES = 'gate.failures';
    private const PROBLEM = 'gate.problem';
    private const PERSON = 'gate.needs_person';
    private const HEARD = 'bridge.acknowledged_at';

    public function __construct(private readonly Memory $memory)
    {
    }

    public function isOpen(int $now): bool
    {
        return $now >= (int) $this->memory->get(self::UNTIL);
    }

    /** @param bool $needsPerson whether trying again helps only once a person has put something right */
    public function close(string $problem, bool $needsPerson, int $now, ?int $retryAfterSeconds = null): void
    {
        $failures = (int) $this->memory->get(self::FAILURES) + 1;
        $this->memory->set(self::FAILURES, (string) $failures);
        $this->memory->set(self::UNTIL, (string) ($now + Backoff::milliseconds($failures, $retryAfterSeconds)));
        $this->memory->set(self::PROBLEM, Outbox::shortened($problem));
        $this->memory->set(self::PERSON, $needsPerson ? '1' : '0');
    }

    public function open(int $now): void
    {
        if ($this->memory->get(self::FAILURES) !== null) {
            $this->reset();
        }
        $this->memory->set(self::HEARD, (string) $now);
    }

    /** Forgets the pause: a person says that the cause is gone. */
    public function reset(): void
    {
        $this->memory->forget(self::FAILURES);
        $this->memory->forget(self::UNTIL);
        $this->memory->forget(self::PROBLEM);
    }

    /** Why nothing was delivered lately, in one sentence; null while the bridge takes what it is given. */
    public function problem(): ?string
    {
        return $this->memory->get(self::PROBLEM);
    }

    public function needsPerson(): bool
    {
        return $this->problem() !== null && $this->memory->get(self::PERSON) === '1';
    }

    public function lastAcknowledgedAt(): ?int
    {
        $value = $this->memory->get(self::HEARD);

        return $value === null ? null : (int) $value;
    }
}
