<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/**
 * The port on SQLite through PDO, without a framework: for tests and for `tests/deliver.php`.
 */
final class PdoDatabase implements Database
{
    private int $depth = 0;

    public function __construct(private readonly \PDO $pdo)
    {
        $pdo->setAttribute(\PDO::ATTR_ERRMODE, \PDO::ERRMODE_EXCEPTION);
    }

    public static function sqlite(string $path): self
    {
        $pdo = new \PDO("sqlite:{$path}");
        $pdo->exec('PRAGMA busy_timeout = 5000');

        return new self($pdo);
    }

    public function dialect(): Dialect
    {
        return Dialect::Standard;
    }

    public function transaction(callable $work): mixed
    {
        $name = "level{$this->depth}";
        $this->pdo->exec($this->depth === 0 ? 'BEGIN IMMEDIATE' : "SAVEPOINT {$name}");
        $this->depth++;
        try {
            $result = $work();
        } catch (\Throwable $failure) {
            $this->depth--;
            $this->pdo->exec($this->depth === 0 ? 'ROLLBACK' : "ROLLBACK TO {$name}");
            throw $failure;
        }
        $this->depth--;
        $this->pdo->exec($this->depth === 0 ? 'COMMIT' : "RELEASE {$name}");

        return $result;
    }

    public function select(string $sql, array $values = []): array
    {
        $statement = $this->pdo->prepare($sql);
        $statement->execute($values);

        return $statement->fetchAll(\PDO::FETCH_ASSOC);
    }

    public function execute(string $sql, array $values = []): int
    {
        $statement = $this->pdo->prepare($sql);
        $statement->execute($values);

        return $statement->rowCount();
    }
}
