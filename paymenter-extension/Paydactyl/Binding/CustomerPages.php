<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Support\Facades\Cache;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Customer\AccessPage;
use Paymenter\Extensions\Servers\Paydactyl\Customer\TierList;

/**
 * What is asked of the bridge while a person waits for a page: little, briefly, and seldom.
 *
 * Answers are kept in Paymenter's cache. When the bridge fails once, nobody else waits for it for half a minute.
 */
final class CustomerPages
{
    private const MILLISECONDS = 1500;
    private const FRESH_SECONDS = 60;
    private const AWAY_SECONDS = 30;
    private const TIERS_SECONDS = 600;
    private const TIERS_KEPT_SECONDS = 30 * 86_400;
    private const AWAY = 'paydactyl.away';
    private const TIERS = 'paydactyl.tiers';
    private const TIERS_HEARD = 'paydactyl.tiers.last';

    public function __construct(private readonly Assembly $assembly)
    {
    }

    /** Null when there is nothing to show: no such customer, or the bridge is away. */
    public function access(string $customerId): ?AccessPage
    {
        $key = "paydactyl.access.{$customerId}";
        $access = Cache::get($key);
        if ($access === null && Cache::get(self::AWAY) === null) {
            $access = $this->ask(['question' => 'access', 'customer_id' => $customerId]) ?? [];
            Cache::put($key, $access, self::FRESH_SECONDS);
        }

        return is_array($access) && AccessPage::concerns($access, $customerId)
            ? new AccessPage($access, $this->assembly->settings->panelUrl())
            : null;
    }

    /** @return list<array<string, mixed>>|null the newest list that was heard, be the bridge away or not */
    public function tiers(): ?array
    {
        if (Cache::get(self::TIERS) === null && Cache::get(self::AWAY) === null) {
            $this->hearTiers();
        }

        return self::tiersHeard();
    }

    /** Asks for the tiers, whatever is known. */
    public function hearTiers(): void
    {
        $tiers = TierList::read($this->ask(['question' => 'tiers']) ?? []);
        if ($tiers !== null) {
            Cache::put(self::TIERS, true, self::TIERS_SECONDS);
            Cache::put(self::TIERS_HEARD, $tiers, self::TIERS_KEPT_SECONDS);
        }
    }

    /** @return list<array<string, mixed>>|null without asking anybody */
    public static function tiersHeard(): ?array
    {
        $tiers = Cache::get(self::TIERS_HEARD);

        return is_array($tiers) ? $tiers : null;
    }

    /**
     * @param array<string, string> $question
     * @return array<string, mixed>|null
     */
    private function ask(array $question): ?array
    {
        try {
            $answer = $this->assembly->bridge()->ask($question, self::MILLISECONDS);
        } catch (BridgeAway) {
            Cache::put(self::AWAY, true, self::AWAY_SECONDS);

            return null;
        }
        // 404 is an answer: the bridge has never heard of this customer.
        if ($answer->status !== 200 && $answer->status !== 404) {
            Cache::put(self::AWAY, true, self::AWAY_SECONDS);
        }

        return $answer->status === 200 ? $answer->json() : null;
    }
}
