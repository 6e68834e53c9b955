<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/**
 * The little that is asked of a database, so that the same SQL runs on Paymenter's connection and, in tests, on SQLite.
 */
interface Database
{
    public function dialect(): Dialect;

    /**
     * Runs `work` whole or not at all; inside a transaction that is already open, as a part of it.
     *
     * @template Result
     * @param callable(): Result $work
     * @return Result
     */
    public function transaction(callable $work): mixed;

    /**
     * @param list<scalar|null> $values
     * @return list<array<string, mixed>>
     */
    public function select(string $sql, array $values = []): array;

    /**
     * @param list<scalar|null> $values
     * @return int how many rows it changed
     */
    public function execute(string $sql, array $values = []): int;
}
