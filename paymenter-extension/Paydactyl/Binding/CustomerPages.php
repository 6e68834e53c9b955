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

    public function __construct(private readonly Assembly $assembly)
    {
    }

    /** Null when there is nothing to show: no token, no such customer, or the bridge is away. */
    public function access(string $customerId): ?AccessPage
    {
        $token = $this->assembly->settings->apiToken();
        if ($token === null) {
            return null;
        }
        $key = "paydactyl.customer.{$customerId}";
        $customer = Cache::get($key);
        if ($customer === null && Cache::get(self::AWAY) === null) {
            $customer = $this->ask($customerId, $token);
            Cache::put($key, $customer ?? [], self::FRESH_SECONDS);
        }

        return is_array($customer) && AccessPage::concerns($customer, $customerId)
            ? new AccessPage($customer, $this->assembly->settings->panelUrl())
            : null;
    }

    /** @return array<string, string>|null the newest list that was heard, be the bridge away or not */
    public function tiers(): ?array
    {
        $token = $this->assembly->settings->apiToken();
        if ($token === null) {
            return null;
        }
        $tiers = Cache::get('paydactyl.tiers');
        if ($tiers === null && Cache::get(self::AWAY) === null) {
            $tiers = TierList::fetch($this->assembly->bridge(), $token, self::MILLISECONDS);
            if ($tiers === null) {
                Cache::put(self::AWAY, true, self::AWAY_SECONDS);
            } else {
                Cache::put('paydactyl.tiers', $tiers, self::TIERS_SECONDS);
                Cache::put('paydactyl.tiers.last', $tiers, self::TIERS_KEPT_SECONDS);
            }
        }

        return $tiers ?? Cache::get('paydactyl.tiers.last');
    }

    /** @return array<string, mixed>|null */
    private function ask(string $customerId, #[\SensitiveParameter] string $token): ?array
    {
        try {
            $answer = $this->assembly->bridge()->get("/api/v1/customers/{$customerId}", $token, self::MILLISECONDS);
        } catch (BridgeAway) {
            Cache::put(self::AWAY, true, self::AWAY_SECONDS);

            return null;
        }
        if ($answer->status >= 500) {
            Cache::put(self::AWAY, true, self::AWAY_SECONDS);
        }

        return $answer->status === 200 ? $answer->json() : null;
    }
}
