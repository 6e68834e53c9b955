<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/**
 * Remembers of each service and customer what was last said and at which revision.
 */
final class Subjects
{
    public function __construct(private readonly Database $database)
    {
    }

    /**
     * Takes the next revision, max(previous + 1, now): what is said later is newer even on a clock that was put back,
     * and a Paymenter that was restored from a backup stays ahead of what it said before. To be called inside a
     * transaction; changes of one subject wait here for each other.
     *
     * One statement, on purpose. Looking for the row first would make InnoDB lock the gap where it is missing, and two
     * checkouts at the same moment would then dead-lock, which undoes all of Paymenter's transaction (seen with an
     * update and an insert on MariaDB 10.11).
     */
    public function advance(string $subject, string $customerId, int $now): Said
    {
        $this->database->execute(match ($this->database->dialect()) {
            Dialect::MySql => 'INSERT INTO ext_paydactyl_subjects (subject, customer_id, revision) VALUES (?, ?, ?)
                ON DUPLICATE KEY UPDATE
                revision = CASE WHEN revision >= VALUES(revision) THEN revision + 1 ELSE VALUES(revision) END',
            Dialect::Standard => 'INSERT INTO ext_paydactyl_subjects AS old (subject, customer_id, revision)
                VALUES (?, ?, ?) ON CONFLICT (subject) DO UPDATE
                SET revision = CASE WHEN old.revision >= excluded.revision THEN old.revision + 1
                    ELSE excluded.revision END',
        }, [$subject, $customerId, $now]);

        return $this->find($subject)
            ?? throw new \LogicException("The row of {$subject} vanished inside its transaction.");
    }

    public function find(string $subject): ?Said
    {
        return $this->findAll([$subject])[$subject] ?? null;
    }

    /**
     * @param list<string> $subjects
     * @return array<string, Said>
     */
    public function findAll(array $subjects): array
    {
        if ($subjects === []) {
            return [];
        }
        $places = implode(', ', array_fill(0, count($subjects), '?'));
        $rows = $this->database->select(
            "SELECT subject, revision, digest, status, reason FROM ext_paydactyl_subjects WHERE subject IN ({$places})",
            $subjects
        );
        $said = [];
        foreach ($rows as $row) {
            $said[$row['subject']] = new Said((int) $row['revision'], $row['digest'], $row['status'], $row['reason']);
        }

        return $said;
    }

    public function remember(
        string $subject,
        string $customerId,
        string $digest,
        ?string $status,
        ?string $reason,
    ): void {
        $this->database->execute(
            'UPDATE ext_paydactyl_subjects SET customer_id = ?, digest = ?, status = ?, reason = ? WHERE subject = ?',
            [$customerId, $digest, $status, $reason, $subject]
        );
    }

    public function knowsCustomer(string $customerId): bool
    {
        $rows = $this->database->select(
            'SELECT subject FROM ext_paydactyl_subjects WHERE customer_id = ? LIMIT 1',
            [$customerId]
        );

        return $rows !== [];
    }
}
