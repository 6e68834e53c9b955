<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpRequest;
use Paymenter\Extensions\Servers\Paydactyl\Core\Lifecycle;
use Paymenter\Extensions\Servers\Paydactyl\Events\EventRecorder;
use Paymenter\Extensions\Servers\Paydactyl\Events\LifecycleCall;
use Paymenter\Extensions\Servers\Paydactyl\Events\PaymenterEvents;

/**
 * Plays the recordings of a real Paymenter: its rows into a database, its events through our listeners, its calls into
 * our lifecycle methods, and what results to a bridge that takes everything.
 *
 * The laboratory moved dates between steps by hand, without an event; so does `prepare`.
 */
final class RecordedPaymenter
{
    private const SERVICE = 'App\Models\Service';

    public readonly Shop $shop;
    private readonly ScriptedTransport $bridge;
    private readonly EventRecorder $recorder;
    /** @var array<string, callable(object): void> */
    private readonly array $handlers;
    private int $heard = 0;
    private int $nextId = 1000;

    public function __construct()
    {
        $this->bridge = new ScriptedTransport();
        $this->shop = new Shop(new FixedClock(), $this->bridge);
        $this->recorder = $this->shop->assembly->recorder();
        $this->handlers = (new PaymenterEvents(fn () => $this->recorder, static fn () => null))->handlers();
        foreach ($this->recordings() as $recording) {
            foreach ($recording['calls'] as $call) {
                $this->shop->insert('products', $call['product'] + ['server_id' => 2]);
                $this->shop->database->execute('INSERT OR IGNORE INTO users (id, first_name, last_name, email) VALUES (?, ?, ?, ?)', [
                    $call['user']['id'], $call['user']['first_name'], $call['user']['last_name'], $call['user']['email'],
                ]);
            }
        }
        $ada = ['first_name' => 'Ada', 'last_name' => 'Lovelace', 'email' => 'ada+1795430425@example.test'];
        $this->shop->insert('users', ['id' => 3] + $ada);
    }

    /** @return list<string> */
    public static function steps(): array
    {
        return array_map(
            static fn (string $file) => basename($file, '.json'),
            glob(__DIR__ . '/../fixtures/recordings/*.json') ?: []
        );
    }

    /**
     * Plays one step; the steps before it must have been played.
     */
    public function play(string $step): void
    {
        $recording = $this->recording($step);
        $this->prepare($recording);
        $last = $this->lastChange($recording);
        foreach ($recording['events'] as $index => $event) {
            $this->shop->clock->now = max($this->shop->clock->now, strtotime($event['at']) * 1000);
            if ($index === $last) {
                $this->options($recording);
            }
            $this->hear($event);
        }
        foreach ($recording['calls'] as $call) {
            $this->shop->clock->now = max($this->shop->clock->now, strtotime($call['at']) * 1000);
            $method = LifecycleCall::tryFrom(str_replace('Server', '', $call['method']));
            if ($method !== null) {
                (new Lifecycle($this->shop->assembly))->call($method, $call['service']['id'], isPerson: false, maySend: true);
            }
        }
        $this->shop->assembly->courier()->run(60_000);
    }

    /**
     * Deletes a user as Eloquent does: the row with all that hangs on it, then its own event, which no recording can
     * hold.
     */
    public function deleteUser(int $id): void
    {
        $user = new RecordedModel(['id' => $id]);
        $this->handlers['eloquent.deleting: App\Models\User']($user);
        $this->shop->database->execute('DELETE FROM services WHERE user_id = ?', [$id]);
        $this->shop->database->execute('DELETE FROM users WHERE id = ?', [$id]);
        $this->handlers['eloquent.deleted: App\Models\User']($user);
        $this->shop->assembly->courier()->run(60_000);
    }

    /** @return list<array<string, mixed>> the bodies that reached the bridge since this was last asked */
    public function newBodies(): array
    {
        return array_map(static fn (string $text) => json_decode($text, true, 64, JSON_THROW_ON_ERROR), $this->newTexts());
    }

    /** @return list<string> the same, as they were signed */
    public function newTexts(): array
    {
        $requests = array_slice($this->bridge->requests, $this->heard);
        $this->heard += count($requests);

        return array_map(static fn (HttpRequest $request) => (string) $request->body, $requests);
    }

    /** @param array<string, mixed> $recording */
    private function prepare(array $recording): void
    {
        $rows = [];
        foreach (array_reverse($recording['events']) as $event) {
            if ($event['event'] === 'App\Events\Service\Updated' || $event['event'] === 'App\Events\Service\Deleted') {
                $rows[$event['attributes']['id']] = array_replace($event['attributes'], $event['was']);
            }
            if ($event['event'] === 'App\Events\Service\Created') {
                unset($rows[$event['attributes']['id']]);
            }
        }
        $after = $recording['service_after'];
        $isCreatedHere = in_array('App\Events\Service\Created', array_column($recording['events'], 'event'), true);
        if ($after !== null && $rows === [] && !$isCreatedHere) {
            $rows[$after['id']] = $after;
        }
        foreach ($rows as $row) {
            $this->store('services', $row);
        }
        foreach ($recording['calls'] as $call) {
            foreach ($call['properties'] as $property) {
                $this->property($call['service']['id'], $property['key'], $property['value']);
            }
        }
        foreach ($recording['invoices_after'] as $id => $status) {
            $known = $this->shop->database->select('SELECT id FROM invoice_items WHERE invoice_id = ?', [$id]);
            if ($known === [] && $after !== null && !$this->billsHere($recording, (int) $id)) {
                $this->item((int) $id, $after['id'], self::SERVICE);
            }
        }
    }

    /** @param array<string, mixed> $event */
    private function hear(array $event): void
    {
        $row = $event['attributes'];
        match ($event['model'] . ' ' . basename(str_replace('\\', '/', $event['event']))) {
            'service Created', 'service Updated' => $this->store('services', $row),
            'service Deleted' => $this->shop->database->execute('DELETE FROM services WHERE id = ?', [$row['id']]),
            'user Updated' => $this->store('users', $row),
            'property Created' => $this->property($row['model_id'], $row['key'], $row['value']),
            'cancellation Created' => $this->store('service_cancellations', $row),
            'invoice Created', 'invoice Updated' => $this->store('invoices', $row + ['status' => 'pending']),
            'invoiceItem Created' => $this->item($row['invoice_id'], $row['reference_id'], $row['reference_type']),
            default => null,
        };
        $handler = $this->handlers[$event['event']] ?? null;
        if ($handler !== null) {
            $handler((object) [$event['model'] => new RecordedModel($row, $event['dirty'], $event['was'])]);
        }
    }

    /**
     * Config options change in the middle of an upgrade, before its last change of the service, and in other steps long
     * before.
     */
    private function lastChange(array $recording): int
    {
        $names = array_column($recording['events'], 'event');
        if (!in_array('App\Events\ServiceUpgrade\Updated', $names, true)) {
            $this->options($recording);
        }

        return array_key_last(array_keys($names, 'App\Events\Service\Updated', true)) === null
            ? -1
            : max(array_keys($names, 'App\Events\Service\Updated', true));
    }

    /** @param array<string, mixed> $recording */
    private function options(array $recording): void
    {
        foreach ($recording['calls'] as $call) {
            foreach ($call['configs'] as $config) {
                foreach ([$config['option'], $config['value']] as $option) {
                    $this->store('config_options', $option);
                }
                $this->shop->insert('service_configs', [
                    'id' => $call['service']['id'],
                    'configurable_id' => $call['service']['id'],
                    'configurable_type' => self::SERVICE,
                    'config_option_id' => $config['option']['id'],
                    'config_value_id' => $config['value']['id'],
                ]);
            }
        }
    }

    /** @param array<string, mixed> $row */
    private function store(string $table, array $row): void
    {
        $columns = array_flip(array_column($this->shop->database->select("PRAGMA table_info({$table})"), 'name'));
        $row = array_intersect_key($row, $columns);
        $old = $this->shop->database->select("SELECT * FROM {$table} WHERE id = ?", [$row['id']])[0] ?? [];
        $this->shop->insert($table, array_replace($old, $row));
    }

    private function property(int $service, string $key, string $value): void
    {
        $this->shop->database->execute(
            'INSERT OR REPLACE INTO properties (key, value, model_id, model_type) VALUES (?, ?, ?, ?)',
            [$key, $value, $service, self::SERVICE]
        );
    }

    private function item(int $invoice, int $reference, string $type): void
    {
        $this->shop->insert('invoice_items', [
            'id' => $this->nextId++,
            'invoice_id' => $invoice,
            'reference_id' => $reference,
            'reference_type' => $type,
        ]);
    }

    /** @param array<string, mixed> $recording */
    private function billsHere(array $recording, int $invoice): bool
    {
        foreach ($recording['events'] as $event) {
            if ($event['model'] === 'invoiceItem' && $event['attributes']['invoice_id'] === $invoice) {
                return true;
            }
        }

        return false;
    }

    /** @return array<string, mixed> */
    private function recording(string $step): array
    {
        $json = file_get_contents(__DIR__ . "/../fixtures/recordings/{$step}.json");

        return json_decode((string) $json, true, 64, JSON_THROW_ON_ERROR);
    }

    /** @return \Generator<array<string, mixed>> */
    private function recordings(): \Generator
    {
        foreach (self::steps() as $step) {
            yield $this->recording($step);
        }
    }
}
