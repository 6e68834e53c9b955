<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Services;

use Paymenter\Extensions\Servers\Paydactyl\Customer\MinecraftName;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Database;

/**
 * Reads services out of Paymenter's own tables.
 *
 * SQL rather than models: the raw columns are what is told, the same statements read one service inside a transaction
 * and ten thousand in pages, and no accessor of Paymenter's can throw in the middle. Only columns of its migrations are
 * used (facts/paymenter.md §b and §g).
 */
final class PaymenterTables
{
    private const SERVICE = 'App\Models\Service';
    private const PRODUCT = 'App\Models\Product';
    private const USER = 'App\Models\User';
    /** What ended is listed for so long; an end that no event told is then told by the list. */
    private const ENDED_DAYS = 30;

    private const COLUMNS = "s.id, s.status, s.user_id, s.product_id, s.quantity, s.expires_at, p.slug,
        u.email, u.first_name, u.last_name,
        CASE WHEN e.extension = 'Paydactyl' AND e.type = 'server' AND e.deleted_at IS NULL THEN 1 ELSE 0 END AS ours";
    private const JOINS = 'LEFT JOIN products p ON p.id = s.product_id LEFT JOIN extensions e ON e.id = p.server_id
        LEFT JOIN users u ON u.id = s.user_id';

    public function __construct(
        private readonly Database $database,
        private readonly \DateTimeZone $zone,
        private readonly string $playerProperty,
    ) {
    }

    public function service(int $id): ?ServiceRecord
    {
        $rows = $this->database->select(
            'SELECT ' . self::COLUMNS . ' FROM services s ' . self::JOINS . ' WHERE s.id = ?',
            [$id]
        );

        return $this->complete($rows)[0] ?? null;
    }

    /**
     * A service whose row is gone, from the columns that its model still holds (recording 58).
     *
     * @param array<string, mixed> $columns
     */
    public function deletedService(array $columns): ?ServiceRecord
    {
        $rows = $this->database->select(
            'SELECT ' . self::COLUMNS . ' FROM (SELECT ? AS id, ? AS status, ? AS user_id, ? AS product_id,
                ? AS quantity, ? AS expires_at) s ' . self::JOINS,
            array_map(
                static fn (string $name) => $columns[$name] ?? null,
                ['id', 'status', 'user_id', 'product_id', 'quantity', 'expires_at']
            )
        );

        return $this->complete($rows)[0] ?? null;
    }

    /**
     * The next services of ours after one id, in the order of their ids; those that ended long ago are left out.
     *
     * @return list<ServiceRecord>
     */
    public function servicesAfter(int $id, int $limit, int $now): array
    {
        $since = (new \DateTimeImmutable('@' . intdiv($now, 1000)))->setTimezone($this->zone)
            ->modify('-' . self::ENDED_DAYS . ' days')->format('Y-m-d H:i:s');
        $rows = $this->database->select(
            'SELECT ' . self::COLUMNS . ' FROM services s ' . self::JOINS . "
             WHERE s.id > ? AND e.extension = 'Paydactyl' AND e.type = 'server' AND e.deleted_at IS NULL
             AND (s.status <> 'cancelled' OR s.updated_at > ?) ORDER BY s.id LIMIT {$limit}",
            [$id, $since]
        );

        return $this->complete($rows);
    }

    /**
     * When Paymenter itself suspends, terminates and forgets, so that the bridge can hold it against its own grace
     * period. Its defaults are in app/Classes/Settings.php.
     *
     * @return array{suspend_after_days: int, terminate_after_days: int, cancel_unpaid_after_days: int}
     */
    public function terms(): array
    {
        $rows = $this->database->select(
            "SELECT settings.key AS name, value FROM settings WHERE settingable_type IS NULL
             AND settings.key IN ('cronjob_order_suspend', 'cronjob_order_terminate', 'cronjob_order_cancel')"
        );
        $set = array_filter(array_column($rows, 'value', 'name'), 'is_numeric');

        return [
            'suspend_after_days' => (int) ($set['cronjob_order_suspend'] ?? 2),
            'terminate_after_days' => (int) ($set['cronjob_order_terminate'] ?? 14),
            'cancel_unpaid_after_days' => (int) ($set['cronjob_order_cancel'] ?? 7),
        ];
    }

    /** @return list<int> */
    public function servicesOfUser(int $userId): array
    {
        return $this->ids('SELECT id AS id FROM services WHERE user_id = ? ORDER BY id', [$userId]);
    }

    /**
     * The services that an invoice pays for. What it bills for an upgrade is left out: that pays for no period.
     *
     * @return list<int>
     */
    public function servicesOnInvoice(int $invoiceId): array
    {
        return $this->ids(
            'SELECT DISTINCT reference_id AS id FROM invoice_items
             WHERE invoice_id = ? AND reference_type = ? ORDER BY reference_id',
            [$invoiceId, self::SERVICE]
        );
    }

    /**
     * What payments were for, by the names that a payment provider gives them; those that are not here are left out.
     *
     * The column has no index, so all are looked for at once, and its collation may fold letters that the provider's
     * names do not.
     *
     * @param list<string> $payments
     * @return array<string, list<int>> the services that each pays for, none where it paid for something else
     */
    public function servicesPaidBy(array $payments): array
    {
        if ($payments === []) {
            return [];
        }
        $places = implode(', ', array_fill(0, count($payments), '?'));
        $rows = $this->database->select(
            "SELECT t.transaction_id AS payment, i.reference_id AS service FROM invoice_transactions t
             LEFT JOIN invoice_items i ON i.invoice_id = t.invoice_id AND i.reference_type = ?
             WHERE t.transaction_id IN ({$places}) ORDER BY i.reference_id",
            [self::SERVICE, ...$payments]
        );
        $services = [];
        foreach ($rows as ['payment' => $payment, 'service' => $service]) {
            if (!in_array($payment, $payments, true)) {
                continue;
            }
            $services[$payment] ??= [];
            if ($service !== null && !in_array((int) $service, $services[$payment], true)) {
                $services[$payment][] = (int) $service;
            }
        }

        return $services;
    }

    public function invoiceIsPaid(int $invoiceId): bool
    {
        $rows = $this->database->select("SELECT id FROM invoices WHERE id = ? AND status = 'paid'", [$invoiceId]);

        return $rows !== [];
    }

    /** @return array{email: ?string, name: string}|null */
    public function customer(int $userId): ?array
    {
        $rows = $this->database->select('SELECT email, first_name, last_name FROM users WHERE id = ?', [$userId]);
        $row = $rows[0] ?? null;

        return $row === null ? null : ['email' => $row['email'], 'name' => self::name($row)];
    }

    /**
     * @param list<array<string, mixed>> $rows
     * @return list<ServiceRecord>
     */
    private function complete(array $rows): array
    {
        if ($rows === []) {
            return [];
        }
        $services = self::column($rows, 'id');
        $products = self::column($rows, 'product_id');
        $users = self::column($rows, 'user_id');
        $tiers = $this->tiers($products);
        $cancelled = $this->cancelledAtPeriodEnd($services);
        $properties = $this->properties(self::SERVICE, $services);
        $players = $this->players($users);
        $options = $this->options($services);

        return array_map(
            fn (array $row) => new ServiceRecord(
                id: (string) $row['id'],
                status: (string) ($row['status'] ?? 'pending'),
                customerId: (string) $row['user_id'],
                customerEmail: $row['email'],
                customerName: self::name($row),
                product: self::orNull($row['slug']) ?? self::orNull((string) $row['product_id']),
                tier: $tiers[(int) $row['product_id']] ?? null,
                quantity: (int) ($row['quantity'] ?? 1),
                paidThrough: UtcTime::ofColumn($row['expires_at'], $this->zone),
                isCancelledAtPeriodEnd: isset($cancelled[(int) $row['id']]),
                properties: $this->merged(
                    $players[(int) $row['user_id']] ?? [],
                    $properties[(int) $row['id']] ?? [],
                    $options[(int) $row['id']] ?? [],
                ),
                isOurs: (int) $row['ours'] === 1,
            ),
            $rows
        );
    }

    /**
     * What Paymenter itself would pass as `$properties`, and the player's name from the account where the service has
     * none.
     *
     * @param array<string, string> ...$parts
     * @return array<string, string>
     */
    private function merged(array ...$parts): array
    {
        $properties = array_replace(...$parts);
        if (isset($properties[$this->playerProperty])) {
            $properties[$this->playerProperty] = MinecraftName::normalised(
                $properties[$this->playerProperty],
                $properties[MinecraftName::EDITION] ?? null
            );
        }
        ksort($properties);

        return $properties;
    }

    /**
     * @param list<int> $products
     * @return array<int, string>
     */
    private function tiers(array $products): array
    {
        $tiers = [];
        $sql = "SELECT settingable_id AS id, value FROM settings
            WHERE settingable_type = ? AND settings.key = 'tier' AND settingable_id";
        foreach ($this->among($sql, [self::PRODUCT], $products) as $row) {
            $tiers[(int) $row['id']] = self::orNull($row['value']);
        }

        return array_filter($tiers);
    }

    /**
     * @param list<int> $services
     * @return array<int, true>
     */
    private function cancelledAtPeriodEnd(array $services): array
    {
        $cancelled = [];
        $sql = 'SELECT service_id AS id FROM service_cancellations WHERE type = ? AND service_id';
        foreach ($this->among($sql, ['end_of_period'], $services) as $row) {
            $cancelled[(int) $row['id']] = true;
        }

        return $cancelled;
    }

    /**
     * @param list<int> $ids
     * @return array<int, array<string, string>>
     */
    private function properties(string $type, array $ids): array
    {
        $properties = [];
        $sql = 'SELECT model_id AS id, properties.key AS name, value FROM properties WHERE model_type = ? AND model_id';
        foreach ($this->among($sql, [$type], $ids) as $row) {
            $properties[(int) $row['id']][(string) $row['name']] = (string) $row['value'];
        }

        return $properties;
    }

    /**
     * Of an account's own properties only the player's: addresses and the like are nobody's business.
     *
     * @param list<int> $users
     * @return array<int, array<string, string>>
     */
    private function players(array $users): array
    {
        $wanted = array_flip([$this->playerProperty, MinecraftName::EDITION]);

        return array_map(
            static fn (array $properties) => array_intersect_key($properties, $wanted),
            $this->properties(self::USER, $users)
        );
    }

    /**
     * @param list<int> $services
     * @return array<int, array<string, string>>
     */
    private function options(array $services): array
    {
        $options = [];
        $sql = 'SELECT c.configurable_id AS id, o.env_variable AS variable, o.name AS name, v.env_variable AS value,
            v.name AS label FROM service_configs c JOIN config_options o ON o.id = c.config_option_id
            JOIN config_options v ON v.id = c.config_value_id WHERE c.configurable_type = ? AND c.configurable_id';
        foreach ($this->among($sql, [self::SERVICE], $services) as $row) {
            $name = self::orNull($row['variable']) ?? (string) $row['name'];
            $options[(int) $row['id']][$name] = self::orNull($row['value']) ?? (string) $row['label'];
        }

        return $options;
    }

    /**
     * @param list<scalar|null> $values
     * @param list<int> $ids
     * @return list<array<string, mixed>>
     */
    private function among(string $sql, array $values, array $ids): array
    {
        if ($ids === []) {
            return [];
        }
        $places = implode(', ', array_fill(0, count($ids), '?'));

        return $this->database->select("{$sql} IN ({$places})", [...$values, ...$ids]);
    }

    /**
     * @param list<scalar|null> $values
     * @return list<int>
     */
    private function ids(string $sql, array $values): array
    {
        return array_map(static fn (array $row) => (int) $row['id'], $this->database->select($sql, $values));
    }

    /**
     * @param list<array<string, mixed>> $rows
     * @return list<int>
     */
    private static function column(array $rows, string $name): array
    {
        return array_values(array_unique(array_map('intval', array_filter(array_column($rows, $name)))));
    }

    /** @param array<string, mixed> $row */
    private static function name(array $row): string
    {
        return trim("{$row['first_name']} {$row['last_name']}");
    }

    private static function orNull(?string $text): ?string
    {
        return $text === null || trim($text) === '' ? null : trim($text);
    }
}
