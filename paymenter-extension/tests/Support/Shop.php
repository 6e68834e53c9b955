<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpTransport;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\PdoDatabase;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Schema;

/**
 * A Paymenter's database in SQLite: the tables that we read, with the columns and defaults of its migrations, and ours.
 */
final class Shop
{
    public const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

    public readonly PdoDatabase $database;
    public readonly Assembly $assembly;

    /** @param array<string, mixed> $settings */
    public function __construct(
        public readonly FixedClock $clock = new FixedClock(),
        HttpTransport $transport = new ScriptedTransport(),
        string $path = ':memory:',
        array $settings = [],
        string $zone = 'UTC',
    ) {
        $this->database = PdoDatabase::sqlite($path);
        self::prepare($this->database);
        $settings += ['bridge_url' => 'https://bridge.test', 'secret' => self::SECRET];
        $this->assembly = new Assembly($this->database, new Settings($settings), new \DateTimeZone($zone), $this->clock, $transport);
        $this->insert('users', ['id' => 3, 'first_name' => 'Ada', 'last_name' => 'Lovelace', 'email' => 'ada@example.test']);
    }

    /** Creates the tables where they are missing, and one product that is sold through the extension. */
    public static function prepare(PdoDatabase $database): void
    {
        $database->transaction(static function () use ($database): void {
            if ($database->select("SELECT name FROM sqlite_master WHERE name = 'services'") !== []) {
                return;
            }
            foreach ([...self::paymenterTables(), ...Schema::statements()] as $statement) {
                $database->execute($statement);
            }
            $database->execute("INSERT INTO extensions (id, name, extension, type) VALUES (2, 'Paydactyl', 'Paydactyl', 'server')");
            $database->execute("INSERT INTO products (id, name, slug, server_id) VALUES (1, 'Fire Elemental', 'fire-elemental', 2)");
        });
    }

    /** @param array<string, scalar|null> $row */
    public function insert(string $table, array $row): void
    {
        $columns = implode(', ', array_map(static fn (string $name) => "\"{$name}\"", array_keys($row)));
        $places = implode(', ', array_fill(0, count($row), '?'));
        $this->database->execute("INSERT OR REPLACE INTO {$table} ({$columns}) VALUES ({$places})", array_values($row));
    }

    /** @param array<string, scalar|null> $row */
    public function service(int $id = 8, array $row = []): void
    {
        $this->insert('services', $row + [
            'id' => $id,
            'status' => 'active',
            'user_id' => 3,
            'product_id' => 1,
            'quantity' => 1,
            'expires_at' => '2026-12-23 10:40:29',
            'updated_at' => '2026-11-23 10:40:29',
        ]);
    }

    /** @param array<string, scalar|null> $changes */
    public function change(int $id, array $changes): void
    {
        $sets = implode(', ', array_map(static fn (string $name) => "{$name} = ?", array_keys($changes)));
        $this->database->execute("UPDATE services SET {$sets} WHERE id = ?", [...array_values($changes), $id]);
    }

    /** @return list<array<string, mixed>> what waits in the outbox, in order */
    public function told(): array
    {
        return array_map(
            static fn (array $row) => json_decode($row['body'], true, 64, JSON_THROW_ON_ERROR),
            $this->database->select('SELECT body FROM ext_paydactyl_outbox ORDER BY revision, created_at, rowid')
        );
    }

    /** @return list<string> */
    public function toldKinds(): array
    {
        return array_column($this->told(), 'event');
    }

    public function forgetTold(): void
    {
        $this->database->execute('DELETE FROM ext_paydactyl_outbox');
    }

    /** @return list<string> */
    public static function paymenterTables(): array
    {
        return [
            'CREATE TABLE extensions (id INTEGER PRIMARY KEY, name TEXT, extension TEXT, type TEXT, enabled INTEGER DEFAULT 1,
                deleted_at TEXT)',
            'CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, slug TEXT, server_id INTEGER)',
            'CREATE TABLE users (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, email TEXT)',
            "CREATE TABLE services (id INTEGER PRIMARY KEY, status TEXT NOT NULL DEFAULT 'pending', user_id INTEGER,
                product_id INTEGER, quantity INTEGER NOT NULL DEFAULT 1, expires_at TEXT, created_at TEXT, updated_at TEXT)",
            'CREATE TABLE properties (id INTEGER PRIMARY KEY, name TEXT, key TEXT, value TEXT, model_id INTEGER, model_type TEXT,
                UNIQUE (key, model_id, model_type))',
            "CREATE TABLE service_cancellations (id INTEGER PRIMARY KEY, service_id INTEGER, reason TEXT,
                type TEXT DEFAULT 'immediate')",
            'CREATE TABLE service_configs (id INTEGER PRIMARY KEY, configurable_id INTEGER, configurable_type TEXT,
                config_option_id INTEGER, config_value_id INTEGER)',
            'CREATE TABLE config_options (id INTEGER PRIMARY KEY, name TEXT, env_variable TEXT)',
            'CREATE TABLE settings (id INTEGER PRIMARY KEY, key TEXT, value TEXT, settingable_id INTEGER, settingable_type TEXT)',
            "CREATE TABLE invoices (id INTEGER PRIMARY KEY, number TEXT, status TEXT DEFAULT 'pending')",
            "CREATE TABLE invoice_transactions (id INTEGER PRIMARY KEY, invoice_id INTEGER, transaction_id TEXT,
                status TEXT NOT NULL DEFAULT 'succeeded')",
            'CREATE TABLE invoice_items (id INTEGER PRIMARY KEY, invoice_id INTEGER, reference_id INTEGER, reference_type TEXT)',
        ];
    }
}
