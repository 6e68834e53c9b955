<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use App\Helpers\ExtensionHelper;
use App\Models\Server;
use App\Models\Setting;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Log;
use Illuminate\Support\Facades\Schema;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Schema as Tables;

/** What we ask of Paymenter and Laravel apart from rows. */
final class Paymenter
{
    private const MIGRATIONS = 'extensions/Servers/Paydactyl/database/migrations';

    /** @param array<string, mixed> $config */
    public static function assembly(array $config): Assembly
    {
        $zone = new \DateTimeZone(date_default_timezone_get());

        return new Assembly(new LaravelDatabase(), new Settings($config), $zone);
    }

    /**
     * With the settings as they are stored now: what a long-lived worker read when it started may be stale
     * (facts/paymenter.md §b, boot).
     *
     * Null where no server of this extension is set up.
     */
    public static function storedAssembly(): ?Assembly
    {
        $server = self::server();

        return $server === null ? null : self::assembly($server->settings->pluck('value', 'key')->toArray());
    }

    /**
     * Creates our tables where they are missing. Paymenter calls nothing of ours when a folder is copied over, so the
     * sweep asks each minute.
     */
    public static function createTables(): void
    {
        if (!Schema::hasTable(Tables::TABLES[0])) {
            ExtensionHelper::runMigrations(self::MIGRATIONS);
        }
    }

    public static function dropTables(): void
    {
        ExtensionHelper::rollbackMigrations(self::MIGRATIONS);
    }

    /**
     * Encrypts secrets that Paymenter stored in clear, as it does when a server is created, and takes them out of its
     * audit log (recording 60).
     */
    public static function protectSecrets(): void
    {
        $inClear = self::server()?->settings()->whereIn('key', Settings::secretFields())->where('encrypted', false);
        foreach ($inClear?->get() ?? [] as $setting) {
            if ((string) $setting->value === '') {
                continue;
            }
            // Before, as nobody comes back to it should saving fail half way; and after, since saving is written there.
            self::redactAudits($setting);
            $setting->encrypted = true;
            $setting->save();
            self::redactAudits($setting);
        }
    }

    /** A failure of ours must not become one of Paymenter's, not even while it is written to the log. */
    public static function report(\Throwable $failure, string $sentence): void
    {
        try {
            Log::error("Paydactyl: {$sentence}", ['exception' => $failure]);
        } catch (\Throwable) {
            // Nothing is left that could be told to anybody.
        }
    }

    private static function server(): ?Server
    {
        return Server::query()->where('extension', 'Paydactyl')->orderBy('id')->first();
    }

    private static function redactAudits(Setting $setting): void
    {
        $audits = DB::table('audits')
            ->where('auditable_type', $setting->getMorphClass())
            ->where('auditable_id', $setting->getKey());
        foreach ($audits->get(['id', 'old_values', 'new_values']) as $audit) {
            DB::table('audits')->where('id', $audit->id)->update([
                'old_values' => self::withoutValue($audit->old_values),
                'new_values' => self::withoutValue($audit->new_values),
            ]);
        }
    }

    private static function withoutValue(?string $json): ?string
    {
        $values = $json === null ? null : json_decode($json, true);
        if (!is_array($values) || !array_key_exists('value', $values)) {
            return $json;
        }

        return json_encode(['value' => '(removed by Paydactyl)'] + $values, JSON_THROW_ON_ERROR);
    }
}
