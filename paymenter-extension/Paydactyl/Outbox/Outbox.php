<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

use Paymenter\Extensions\Servers\Paydactyl\Events\EventKind;
use Paymenter\Extensions\Servers\Paydactyl\Services\Snapshot;

/**
 * What is still to be delivered, kept in Paymenter's own database.
 *
 * A row is written in the transaction of the change that it tells, so what is rolled back was never said. It leaves
 * only when the bridge has acknowledged it. `add` apart, everything runs outside transactions and changes rows one by
 * one, by their primary keys: a delivery holds no lock for longer than a statement, and none on a gap into which
 * Paymenter's own transaction could want to insert.
 */
final class Outbox
{
    /** How long a claim lasts whose process died. Longer than any request. */
    public const CLAIM_MILLISECONDS = 60_000;

    public function __construct(private readonly Database $database)
    {
    }

    public function add(
        string $deliveryId,
        string $subject,
        EventKind $kind,
        int $revision,
        string $body,
        int $now,
    ): void {
        $this->database->execute(
            'INSERT INTO ext_paydactyl_outbox (delivery_id, subject, kind, revision, body, created_at)
             VALUES (?, ?, ?, ?, ?, ?)',
            [$deliveryId, $subject, $kind->value, $revision, $body, $now]
        );
    }

    /**
     * Takes the next row for this process, those first that were tried least; null when nothing is left to do.
     *
     * Rows of one subject may overtake each other, which their revisions make harmless.
     */
    public function claim(int $now, ?string $subject = null): ?OutboxRow
    {
        [$condition, $values] = $subject === null ? ['', []] : ['AND subject = ?', [$subject]];
        $rows = $this->database->select(
            "SELECT delivery_id, subject, kind, body, attempts FROM ext_paydactyl_outbox
             WHERE refused = 0 AND claimed_until <= ? {$condition}
             ORDER BY attempts, revision, delivery_id LIMIT 20",
            [$now, ...$values]
        );
        foreach ($rows as $row) {
            $claimed = $this->database->execute(
                'UPDATE ext_paydactyl_outbox SET claimed_until = ?, attempts = attempts + 1
                 WHERE delivery_id = ? AND claimed_until <= ? AND refused = 0',
                [$now + self::CLAIM_MILLISECONDS, $row['delivery_id'], $now]
            );
            if ($claimed === 1) {
                return new OutboxRow(
                    $row['delivery_id'],
                    $row['subject'],
                    $row['kind'],
                    $row['body'],
                    $row['attempts'] + 1
                );
            }
        }

        return null;
    }

    public function acknowledge(OutboxRow $row): void
    {
        $this->database->execute('DELETE FROM ext_paydactyl_outbox WHERE delivery_id = ?', [$row->deliveryId]);
    }

    public function postpone(OutboxRow $row, string $problem): void
    {
        $this->database->execute(
            'UPDATE ext_paydactyl_outbox SET claimed_until = 0, last_problem = ? WHERE delivery_id = ?',
            [self::shortened($problem), $row->deliveryId]
        );
    }

    /** Puts a row aside that the bridge will never take as it is. */
    public function refuse(OutboxRow $row, string $problem): void
    {
        $this->database->execute(
            'UPDATE ext_paydactyl_outbox SET claimed_until = 0, refused = 1, last_problem = ? WHERE delivery_id = ?',
            [self::shortened($problem), $row->deliveryId]
        );
    }

    /** Tries again what was refused, for instance after the bridge was upgraded. */
    public function retryRefused(): int
    {
        $rows = $this->database->select('SELECT delivery_id FROM ext_paydactyl_outbox WHERE refused = 1');
        foreach ($rows as $row) {
            $this->database->execute(
                'UPDATE ext_paydactyl_outbox SET refused = 0, attempts = 0 WHERE delivery_id = ?',
                [$row['delivery_id']]
            );
        }

        return count($rows);
    }

    public function count(): int
    {
        return (int) $this->database->select('SELECT COUNT(*) AS n FROM ext_paydactyl_outbox')[0]['n'];
    }

    /** Whether something of a subject is still to be delivered; what was refused is not. */
    public function waits(string $subject): bool
    {
        $rows = $this->database->select(
            'SELECT delivery_id FROM ext_paydactyl_outbox WHERE subject = ? AND refused = 0 LIMIT 1',
            [$subject]
        );

        return $rows !== [];
    }

    public function backlog(): Backlog
    {
        $row = $this->database->select(
            'SELECT COUNT(*) AS total, SUM(refused) AS refused,
                MIN(CASE WHEN refused = 0 THEN created_at END) AS oldest FROM ext_paydactyl_outbox'
        )[0];
        $problems = $this->database->select(
            'SELECT delivery_id, subject, kind, last_problem FROM ext_paydactyl_outbox
             WHERE refused = 1 ORDER BY revision LIMIT 20'
        );

        return new Backlog(
            (int) $row['total'] - (int) $row['refused'],
            (int) $row['refused'],
            $row['oldest'] === null ? null : (int) $row['oldest'],
            array_map(
                static fn (array $row) => "{$row['kind']} of {$row['subject']} ({$row['delivery_id']}): "
                    . $row['last_problem'],
                $problems
            ),
        );
    }

    /**
     * Keeps the outbox below its bound: of each subject with several rows only the newest stays, which says everything.
     *
     * A kind that says less than its fields do (a failed payment does not tell of the suspension before it) becomes an
     * update, under an id of its own, since the old one may have reached the bridge with the old body. Rows that are
     * under way are left alone.
     *
     * @return int how many rows went
     */
    public function mergeBeyond(int $bound, int $now): int
    {
        if ($this->count() <= $bound) {
            return 0;
        }
        $merged = 0;
        $subjects = $this->database->select(
            'SELECT subject, MAX(revision) AS newest FROM ext_paydactyl_outbox GROUP BY subject HAVING COUNT(*) > 1'
        );
        foreach ($subjects as ['subject' => $subject, 'newest' => $newest]) {
            if (!$this->generalise($subject, (int) $newest, $now)) {
                continue;
            }
            $older = $this->database->select(
                'SELECT delivery_id FROM ext_paydactyl_outbox WHERE subject = ? AND revision < ?',
                [$subject, $newest]
            );
            foreach ($older as $row) {
                $merged += $this->database->execute(
                    'DELETE FROM ext_paydactyl_outbox WHERE delivery_id = ? AND claimed_until <= ?',
                    [$row['delivery_id'], $now]
                );
            }
        }

        return $merged;
    }

    /** Makes the newest row of a subject one that suffices alone; false if it is under way at this moment. */
    private function generalise(string $subject, int $revision, int $now): bool
    {
        $rows = $this->database->select(
            'SELECT delivery_id, kind, body FROM ext_paydactyl_outbox
             WHERE subject = ? AND revision = ? AND claimed_until <= ?',
            [$subject, $revision, $now]
        );
        if ($rows === []) {
            return false;
        }
        if (EventKind::from($rows[0]['kind'])->suffices()) {
            return true;
        }
        $body = json_decode($rows[0]['body'], true, 32, JSON_THROW_ON_ERROR);
        $body['event'] = EventKind::Updated->value;
        $body['properties'] = (object) ($body['properties'] ?? []);

        return 1 === $this->database->execute(
            'UPDATE ext_paydactyl_outbox SET delivery_id = ?, kind = ?, body = ?, attempts = 0, refused = 0
             WHERE delivery_id = ? AND claimed_until <= ?',
            [self::newId(), EventKind::Updated->value, Snapshot::json($body), $rows[0]['delivery_id'], $now]
        );
    }

    public static function newId(): string
    {
        return 'msg_' . bin2hex(random_bytes(16));
    }

    /** A sentence as our tables keep it. */
    public static function shortened(string $problem): string
    {
        // Kept to ASCII, so that no column's character set can make storing a problem one more problem.
        return substr(preg_replace('/[^\x20-\x7E]+/', '?', $problem) ?? '', 0, 500);
    }
}
