<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Support\Facades\DB;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Database;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Dialect;

/** The port on Paymenter's own connection, so that our rows share its transactions. */
final class LaravelDatabase implements Database
{
    public function dialect(): Dialect
    {
        $isMySql = in_array(DB::connection()->getDriverName(), ['mysql', 'mariadb'], true);

        return $isMySql ? Dialect::MySql : Dialect::Standard;
    }

    public function transaction(callable $work): mixed
    {
        return DB::transaction(static fn () => $work());
    }

    public function select(string $sql, array $values = []): array
    {
        // From the writing connection: with read replicas the other one would not see our own transaction.
        return array_map(static fn (object $row) => (array) $row, DB::select($sql, $values, false));
    }

    public function execute(string $sql, array $values = []): int
    {
        return DB::affectingStatement($sql, $values);
    }
}
