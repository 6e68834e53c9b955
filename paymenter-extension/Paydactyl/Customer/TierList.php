<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Customer;

/** The tiers that the bridge is configured with, for the product's form and the checkout. */
final class TierList
{
    /** The choice that leaves it to the tier whether the player's name is asked for. */
    public const BY_TIER = 'tier';

    /**
     * The tiers in an answer of the bridge's, the highest last; null if it is none.
     *
     * @param array<string, mixed> $answer
     * @return list<array{id: string, products: list<string>, needs_player: bool}>|null
     */
    public static function read(array $answer): ?array
    {
        $items = $answer['tiers'] ?? null;
        if (!is_array($items)) {
            return null;
        }
        $items = array_values(array_filter(
            $items,
            static fn ($item) => is_string($item['id'] ?? null) && $item['id'] !== ''
        ));
        usort($items, static fn (array $one, array $other) => ($one['rank'] ?? 0) <=> ($other['rank'] ?? 0));

        return array_map(static fn (array $item) => [
            'id' => $item['id'],
            'products' => array_values(array_filter(
                is_array($item['products'] ?? null) ? $item['products'] : [],
                'is_string'
            )),
            'needs_player' => ($item['needs_player'] ?? true) !== false,
        ], $items);
    }

    /**
     * Ids of tiers with words for a list.
     *
     * @param list<array{id: string, products: list<string>, needs_player: bool}> $tiers
     * @return array<string, string>
     */
    public static function options(array $tiers): array
    {
        $options = [];
        foreach ($tiers as ['id' => $id, 'products' => $products]) {
            $options[$id] = $products === [] ? $id : $id . ' (' . implode(', ', $products) . ')';
        }

        return $options;
    }

    /**
     * Whether a product gives something in the game; null where its tier is not known. As for the bridge, a product
     * that a tier lists is that tier's, whatever the product's own setting says.
     *
     * @param list<array{id: string, products: list<string>, needs_player: bool}> $tiers
     */
    public static function needsPlayer(array $tiers, string $slug, string $tier): ?bool
    {
        foreach ($tiers as $one) {
            if (in_array($slug, $one['products'], true)) {
                return $one['needs_player'];
            }
        }
        foreach ($tiers as $one) {
            if ($one['id'] === $tier) {
                return $one['needs_player'];
            }
        }

        return null;
    }

    /**
     * The product form's fields.
     *
     * The value that is set stays on offer whatever the bridge says, or saving the product would lose it. Without a
     * list the tier is typed.
     *
     * @param array<string, string>|null $tiers ids with words
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
                'options' => [
                    self::BY_TIER => 'If its tier gives something in the game',
                    'yes' => 'Yes',
                    'no' => 'No',
                ],
                'default' => self::BY_TIER,
                'required' => true,
            ],
        ];
    }
}
