<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\CurlTransport;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\FullList\FullListResult;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\PdoDatabase;

/** What `tests/deliver.php` does. */
final class Driver
{
    private readonly PdoDatabase $database;
    private readonly Assembly $assembly;

    public function __construct(
        string $url,
        #[\SensitiveParameter] string $secret,
        string $file,
        string $requestSeconds = '5',
        int $secondsAhead = 0,
    ) {
        $this->database = PdoDatabase::sqlite($file);
        Shop::prepare($this->database);
        $this->assembly = new Assembly(
            $this->database,
            new Settings(['bridge_url' => $url, 'secret' => $secret, 'request_timeout' => $requestSeconds]),
            new \DateTimeZone('UTC'),
            new ShiftedClock($secondsAhead),
            new CurlTransport(),
        );
    }

    /** Writes events as a shop's life causes them: services are created, paid, renewed, suspended, paid again. */
    public function enqueue(int $events, int $services): int
    {
        for ($number = 0; $number < $events; $number++) {
            $id = $number % $services + 1;
            $this->step($id, intdiv($number, $services));
        }

        return $events;
    }

    /** Makes services as they are in a shop that got the extension today: of none of them was ever spoken. */
    public function fill(int $services): void
    {
        $this->database->transaction(function () use ($services): void {
            for ($id = 1; $id <= $services; $id++) {
                $this->database->execute(
                    "INSERT INTO services (id, status, user_id, product_id, expires_at) VALUES (?, 'active', ?, 1, ?)",
                    [$id, $id, gmdate('Y-m-d H:i:s', time() + 86_400 * 30)]
                );
                $this->database->execute(
                    "INSERT OR REPLACE INTO users (id, first_name, last_name, email) VALUES (?, 'Customer', ?, ?)",
                    [$id, (string) $id, "customer{$id}@example.test"]
                );
                $this->database->execute(
                    "INSERT INTO properties (key, value, model_id, model_type)
                     VALUES ('minecraft_username', ?, ?, 'App\Models\Service')",
                    ["Player_{$id}", $id]
                );
            }
        });
    }

    /** What this process ever had resident; on systems without /proc, what PHP itself ever took. */
    public static function peakKilobytes(): int
    {
        $status = (string) @file_get_contents('/proc/self/status');

        return preg_match('/^VmHWM:\s+(\d+)/m', $status, $match) === 1
            ? (int) $match[1]
            : intdiv(memory_get_peak_usage(true), 1024);
    }

    /** @return array{delivered: int, left: int, problem: ?string} */
    public function deliver(int $seconds, bool $isPatient): array
    {
        $end = microtime(true) + $seconds;
        $delivered = 0;
        $problem = null;
        while ($this->assembly->outbox()->count() > 0 && ($rest = $end - microtime(true)) > 0) {
            $run = $this->assembly->courier()->run((int) ($rest * 1000));
            $delivered += $run->delivered;
            // The last moments, too few for a request, say nothing new.
            $problem = $run->problem ?? $run->refusal ?? ($run->delivered > 0 ? null : $problem);
            usleep(100_000);
            if (!$isPatient) {
                $this->assembly->gate()->reset();
            }
        }

        return ['delivered' => $delivered, 'left' => $this->assembly->outbox()->count(), 'problem' => $problem];
    }

    public function changeSilently(string $status): void
    {
        $this->database->execute('UPDATE services SET status = ? WHERE id = 1', [$status]);
    }

    public function pay(string $transaction): void
    {
        $this->database->transaction(function () use ($transaction): void {
            $this->database->execute("INSERT INTO invoices (id, status) VALUES (17, 'paid')");
            $this->database->execute(
                "INSERT INTO invoice_items (invoice_id, reference_id, reference_type) VALUES (17, 1, 'App\Models\Service')"
            );
            $this->database->execute(
                'INSERT INTO invoice_transactions (invoice_id, transaction_id) VALUES (17, ?)',
                [$transaction]
            );
        });
    }

    /** @return array{told: int, payments: int, full_list: bool} */
    public function wanted(): array
    {
        return $this->assembly->wanted()->tell();
    }

    public function list(): FullListResult
    {
        return $this->assembly->fullList()->send();
    }

    /** @return list<array{id: string, subject: string, revision: int}> */
    public function waiting(): array
    {
        return array_map(
            static fn (array $row) => ['id' => $row['delivery_id'], 'subject' => $row['subject'], 'revision' => (int) $row['revision']],
            $this->database->select('SELECT delivery_id, subject, revision FROM ext_paydactyl_outbox ORDER BY revision')
        );
    }

    /** @return array<string, array{revision: int, status: ?string}> */
    public function told(): array
    {
        $told = [];
        foreach ($this->database->select('SELECT subject, revision, status FROM ext_paydactyl_subjects ORDER BY subject') as $row) {
            $told[$row['subject']] = ['revision' => (int) $row['revision'], 'status' => $row['status']];
        }

        return $told;
    }

    private function step(int $id, int $round): void
    {
        $recorder = $this->assembly->recorder();
        $exists = $this->database->select('SELECT id FROM services WHERE id = ?', [$id]) !== [];
        $this->database->transaction(function () use ($id, $round, $recorder, $exists): void {
            if (!$exists) {
                $this->database->execute(
                    "INSERT INTO services (id, status, user_id, product_id, expires_at) VALUES (?, 'active', ?, 1, ?)",
                    [$id, $id, gmdate('Y-m-d H:i:s', time() + 86_400)]
                );
                $this->database->execute(
                    "INSERT INTO users (id, first_name, last_name, email) VALUES (?, 'Customer', ?, ?)",
                    [$id, (string) $id, "customer{$id}@example.test"]
                );
                $recorder->serviceCreated($id);

                return;
            }
            [$status, $was] = match ($round % 3) {
                0 => ['active', 'active'],
                1 => ['suspended', 'active'],
                default => ['active', 'suspended'],
            };
            $date = gmdate('Y-m-d H:i:s', time() + 86_400 * ($round + 2));
            $this->database->execute('UPDATE services SET status = ?, expires_at = ? WHERE id = ?', [$status, $date, $id]);
            $recorder->serviceUpdated($id, $status === $was ? ['expires_at'] : ['status', 'expires_at'], $was);
        });
    }
}
