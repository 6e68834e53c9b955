<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

use Paymenter\Extensions\Servers\Paydactyl\Outbox\Database;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Dialect;

/** A database in which another process comes in between, just before a revision is taken. */
final class InterferingDatabase implements Database
{
    public function __construct(private readonly Database $database, private ?\Closure $interference)
    {
    }

    public function dialect(): Dialect
    {
        return $this->database->dialect();
    }

    public function transaction(callable $work): mixed
    {
        return $this->database->transaction($work);
    }

    public function select(string $sql, array $values = []): array
    {
        return $this->database->select($sql, $values);
    }

    public function execute(string $sql, array $values = []): int
    {
        if ($this->interference !== null && str_contains($sql, 'INTO ext_paydactyl_subjects')) {
            $interference = $this->interference;
            $this->interference = null;
            $interference();
        }

        return $this->database->execute($sql, $values);
    }
}
