<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Customer;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeClient;

/** The tiers that the bridge is configured with, for the product's form. */
final class TierList
{
    /**
     * Ids of tiers with words for a list, the highest last; null when the bridge does not say.
     *
     * @return array<string, string>|null
     */
    public static function fetch(
        BridgeClient $bridge,
        #[\SensitiveParameter] string $token,
        int $withinMilliseconds,
    ): ?array {
        try {
            $answer = $bridge->get('/api/v1/tiers', $token, $withinMilliseconds);
        } catch (BridgeAway) {
            return null;
        }
        $items = $answer->status === 200 ? $answer->json()['items'] ?? null : null;
        if (!is_array($items)) {
            return null;
        }
        usort($items, static fn (array $one, array $other) => ($one['rank'] ?? 0) <=> ($other['rank'] ?? 0));
        $tiers = [];
        foreach ($items as $item) {
            if (is_string($item['id'] ?? null) && $item['id'] !== '') {
                $products = implode(', ', array_filter($item['products'] ?? [], 'is_string'));
                $tiers[$item['id']] = $products === '' ? $item['id'] : "{$item['id']} ({$products})";
            }
        }

        return $tiers;
    }

    /**
     * The product form's fields.
     *
     * The value that is set stays on offer whatever the bridge says, or saving the product would lose it. Without a
     * list the tier is typed.
     *
     * @param array<string, string>|null $tiers
     * @return list<array<string, mixed>>
     */
    public static function productFields(?array $tiers, ?string $current): array
    {
        $field = [
            'name' => 'tier',
            'label' => 'Tier',
            'description' => 'What this product sells. The bridge asks its own products: list first; this is used for'
                . ' products that are not on it.',
            'required' => false,
        ];
        if ($tiers === null || $tiers === []) {
            $field += [
                'type' => 'text',
                'placeholder' => 'the id of a tier in paydactyl.yaml',
                'validation' => 'nullable|string|max:100',
            ];
        } else {
            if ($current !== null && $current !== '' && !isset($tiers[$current])) {
                $tiers[$current] = "{$current} (the bridge does not know it)";
            }
            $field += ['type' => 'select', 'options' => $tiers];
        }

        return [
            $field,
            [
                'name' => 'asks_player',
                'label' => 'Ask for the Minecraft name at the checkout',
                'type' => 'select',
                'options' => ['yes' => 'Yes', 'no' => 'No, this product gives nothing in the game'],
                'default' => 'yes',
                'required' => true,
            ],
        ];
    }
}
