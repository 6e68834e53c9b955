<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

/** A few named values that outlive a process, such as when the bridge last acknowledged something. */
final class Memory
{
    public function __construct(private readonly Database $database)
    {
    }

    public function get(string $name): ?string
    {
        $rows = $this->database->select('SELECT value FROM ext_paydactyl_state WHERE name = ?', [$name]);

        return $rows[0]['value'] ?? null;
    }

    public function set(string $name, string $value): void
    {
        // Looked up first: MySQL reports an update that changes nothing as zero rows.
        if ($this->get($name) === null) {
            try {
                $this->database->execute(
                    'INSERT INTO ext_paydactyl_state (name, value) VALUES (?, ?)',
                    [$name, $value]
                );

                return;
            } catch (\Throwable $failure) {
                // Another process may have been first; if it was not that, the update fails as well.
                if ($this->get($name) === null) {
                    throw $failure;
                }
            }
        }
        $this->database->execute('UPDATE ext_paydactyl_state SET value = ? WHERE name = ?', [$value, $name]);
    }

    public function forget(string $name): void
    {
        $this->database->execute('DELETE FROM ext_paydactyl_state WHERE name = ?', [$name]);
    }
}
