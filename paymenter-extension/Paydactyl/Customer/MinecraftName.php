<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Customer;

/**
 * The player's name as it is asked for at the checkout.
 *
 * The bridge never lets a name into a command that is not of its own safe alphabet; what is refused here is refused
 * where the customer can still correct it.
 */
final class MinecraftName
{
    /** The name of the property that says which edition is played. */
    public const EDITION = 'minecraft_edition';
    public const EDITIONS = ['java' => 'Java Edition', 'bedrock' => 'Bedrock Edition (consoles, phones, Windows)'];

    /** The regular expression for a name of an edition; `\z`, as `$` would let a line break pass. */
    public static function pattern(?string $edition): string
    {
        return $edition === 'bedrock' ? '/^[A-Za-z][A-Za-z0-9_ ]{0,15}\z/' : '/^[A-Za-z0-9_]{3,16}\z/';
    }

    /** A name as servers know it: a Bedrock player's blanks are underscores there. */
    public static function normalised(string $name, ?string $edition): string
    {
        $name = trim($name);

        return $edition === 'bedrock' ? str_replace(' ', '_', $name) : $name;
    }

    /**
     * The checkout's fields. Both are required: Paymenter stores null for an empty one, which its own column refuses,
     * and the whole checkout fails (its migration of `properties`, and app/Livewire/Cart.php).
     *
     * @return list<array<string, mixed>>
     */
    public static function checkoutFields(string $property, ?string $edition): array
    {
        return [
            [
                'name' => self::EDITION,
                'label' => 'Minecraft edition',
                'type' => 'select',
                'options' => self::EDITIONS,
                'default' => 'java',
                'required' => true,
            ],
            [
                'name' => $property,
                'label' => 'Minecraft name',
                'type' => 'text',
                'description' => 'Your name in the game, exactly as it is shown there: 3 to 16 letters, digits and'
                    . ' underscores; a Bedrock gamertag may have blanks.',
                'required' => true,
                'validation' => ['regex:' . self::pattern($edition)],
            ],
        ];
    }
}
