<?php

declare(strict_types=1);

namespace PaydactylTests;

use Paymenter\Extensions\Servers\Paydactyl\Customer\AccessPage;
use Paymenter\Extensions\Servers\Paydactyl\Customer\MinecraftName;
use Paymenter\Extensions\Servers\Paydactyl\Customer\TierList;
use PHPUnit\Framework\TestCase;

final class CustomerTest extends TestCase
{
    private const ACCESS = [
        'customer_id' => '3',
        'state' => 'underway',
        'since' => '2026-11-23T10:40:00Z',
        'subscriptions' => [
            ['id' => '7', 'status' => 'active', 'gives_access' => true],
            ['id' => '8', 'status' => 'past_due', 'gives_access' => true, 'until' => '2026-11-30T10:40:00Z'],
            ['id' => '9', 'status' => 'suspended', 'gives_access' => false, 'until' => '2026-11-20T10:40:00Z'],
            ['id' => '10', 'status' => 'ended', 'gives_access' => false, 'until' => '2026-11-21T10:40:00Z'],
            ['id' => '11', 'status' => 'cancelling', 'gives_access' => true, 'until' => '2026-12-01T10:40:00Z'],
        ],
        'accounts' => [[
            'panel' => 'main', 'address' => 'https://panel.example.com/', 'username' => 'ada_lovelace_x7',
            'email' => 'ada@example.test',
        ]],
        'servers' => [
            ['name' => 'Frost Path 1', 'state' => 'given'],
            ['name' => 'Frost Path 2', 'state' => 'underway'],
            ['name' => 'Old World', 'state' => 'ending'],
        ],
        'own_servers' => [['name' => "Ada's own", 'state' => 'underway']],
        'ranks' => [
            ['place' => 'Lobby', 'player' => 'Ada_L', 'is_sent' => true],
            ['place' => 'Creative', 'player' => 'Ada_L', 'is_sent' => false],
        ],
    ];

    public function testItShowsWhatIsThereWhatIsOnItsWayAndHowToSignIn(): void
    {
        $page = new AccessPage(self::ACCESS, null);
        $html = $page->html('7');

        self::assertStringContainsString('is being set up (since 23 Nov 2026, 10:40)', $html);
        self::assertStringContainsString('<strong>Frost Path 1</strong>: you have access', $html);
        self::assertStringContainsString('<strong>Frost Path 2</strong>: on its way', $html);
        self::assertStringContainsString('<strong>Old World</strong>: ends', $html);
        self::assertStringContainsString('<strong>Ada&apos;s own</strong>: on its way', $html);
        self::assertStringContainsString('Your rank on <strong>Lobby</strong> as Ada_L is given</li>', $html);
        self::assertStringContainsString('as Ada_L is given once that server is up</li>', $html);
        self::assertStringContainsString('<strong>ada_lovelace_x7</strong> (ada@example.test)', $html);
        self::assertStringContainsString('href="https://panel.example.com"', $html);
        self::assertStringContainsString('Forgot password', $html);
        self::assertSame('https://panel.example.com', $page->panelUrl());
    }

    public function testWhatTheAdministratorEnteredGoesBeforeTheAddressOfTheBridge(): void
    {
        $page = new AccessPage(self::ACCESS, 'https://games.example.com');

        self::assertSame('https://games.example.com', $page->panelUrl());
        self::assertStringContainsString('href="https://games.example.com"', $page->html('7'));
        self::assertNull((new AccessPage(['accounts' => []] + self::ACCESS, 'https://games.example.com'))->panelUrl());
    }

    /** @dataProvider services */
    public function testEachServiceSaysUntilWhenItGivesOrSinceWhenNot(string $id, string $words): void
    {
        self::assertStringContainsString($words, (new AccessPage(self::ACCESS, null))->html($id));
    }

    /** @return list<array{string, string}> */
    public static function services(): array
    {
        return [
            ['8', 'You keep your access until 30 Nov 2026, 10:40'],
            ['9', 'suspended since 20 Nov 2026, 10:40. Once it is paid'],
            ['10', 'This service ended at 21 Nov 2026, 10:40.'],
            ['11', 'is cancelled and gives access until 1 Dec 2026, 10:40.'],
        ];
    }

    /** @dataProvider causes */
    public function testWhyItWaitsIsSaidInWordsForCustomers(string $state, ?string $because, string $words): void
    {
        $html = (new AccessPage(['state' => $state, 'because' => $because] + self::ACCESS, null))->html('7');

        self::assertStringContainsString($words, $html);
    }

    /** @return list<array{string, ?string, string}> */
    public static function causes(): array
    {
        return [
            ['ready', null, 'in place.'],
            ['nothing', null, 'There is no access at this moment.'],
            ['waiting', 'panel_away', 'the game panel cannot be changed just now'],
            ['waiting', 'paused', 'by hand'],
            ['waiting', 'player_name', 'Open a ticket with your name in the game'],
            ['waiting', 'of a newer bridge', 'it goes on by itself'],
            ['needs_person', null, 'A person needs to look'],
            ['needs_person', 'barred', 'Your access is blocked.'],
        ];
    }

    public function testNothingThatTheBridgeSaysBecomesHtml(): void
    {
        $evil = '"><script>alert(1)</script>';
        $html = (new AccessPage([
            'customer_id' => '3',
            'state' => $evil,
            'because' => $evil,
            'since' => $evil,
            'subscriptions' => [['id' => '7', 'until' => $evil, 'status' => $evil], ['id' => [$evil]]],
            'accounts' => [
                ['username' => $evil, 'email' => $evil, 'address' => "https://x/{$evil}"], $evil, ['username' => [$evil]],
                ['username' => 'b', 'address' => 'javascript:alert(1)'],
            ],
            'servers' => [['name' => $evil, 'state' => 'given'], $evil],
            'ranks' => [['place' => $evil, 'player' => $evil]],
        ], "https://panel.example.com/'\"><script>"))->html('7');

        self::assertStringNotContainsString('<script', $html);
        self::assertStringNotContainsString('javascript:', $html);
        self::assertStringContainsString('&lt;script&gt;', $html);
    }

    public function testAnAnswerOfAnyShapeMakesAPage(): void
    {
        foreach ([[], ['servers' => 'none', 'accounts' => 7], ['state' => ['ready']]] as $answer) {
            self::assertStringContainsString('not known', (new AccessPage($answer, null))->html('7'));
        }
    }

    public function testAnAnswerAboutSomebodyElseIsNotShown(): void
    {
        self::assertTrue(AccessPage::concerns(['customer_id' => '3'], '3'));
        self::assertFalse(AccessPage::concerns(['customer_id' => '33'], '3'));
        self::assertFalse(AccessPage::concerns([], '3'));
    }

    private const TIERS = ['tiers' => [
        ['id' => 'elemental', 'rank' => 2, 'products' => ['fire-elemental', 'frost-elemental'], 'needs_player' => true],
        ['id' => 'awakened', 'rank' => 1, 'products' => [], 'needs_player' => false],
    ]];

    public function testTiersComeFromTheBridgeLowestFirst(): void
    {
        $tiers = TierList::options(TierList::read(self::TIERS) ?? []);

        self::assertSame(
            ['awakened' => 'awakened', 'elemental' => 'elemental (fire-elemental, frost-elemental)'],
            $tiers
        );
        $field = TierList::productFields($tiers, 'awakened')[0];
        self::assertSame(['select', $tiers], [$field['type'], $field['options']]);
    }

    public function testThePlayersNameIsAskedForWhereTheTierOfTheProductNeedsIt(): void
    {
        $tiers = TierList::read(self::TIERS) ?? [];

        self::assertTrue(TierList::needsPlayer($tiers, 'fire-elemental', 'awakened'));
        self::assertFalse(TierList::needsPlayer($tiers, 'other', 'awakened'));
        self::assertNull(TierList::needsPlayer($tiers, 'other', ''));
    }

    public function testWithoutTheBridgeTheTierIsTyped(): void
    {
        foreach ([[], ['tiers' => 'none'], ['detail' => 'no']] as $answer) {
            self::assertNull(TierList::read($answer));
        }
        self::assertSame([], TierList::read(['tiers' => ['x', ['id' => ''], ['rank' => 3]]]));
        self::assertSame('text', TierList::productFields(null, null)[0]['type']);
        self::assertSame('text', TierList::productFields([], 'awakened')[0]['type']);
    }

    public function testTheTierThatIsSetStaysOnOfferThoughTheBridgeDoesNotKnowIt(): void
    {
        $field = TierList::productFields(['awakened' => 'awakened'], 'gone')[0];

        self::assertSame('gone (the bridge does not know it)', $field['options']['gone']);
    }

    /** @dataProvider names */
    public function testANameIsJudgedByTheEditionsOwnRules(string $edition, string $name, bool $isOne): void
    {
        $field = MinecraftName::checkoutFields('minecraft_username', $edition)[1];
        $pattern = substr($field['validation'][0], strlen('regex:'));

        self::assertSame($isOne, preg_match($pattern, $name) === 1);
    }

    /** @return list<array{string, string, bool}> */
    public static function names(): array
    {
        return [
            ['java', 'Ada_Lovelace', true],
            ['java', 'Ada', true],
            ['java', 'Ad', false],
            ['java', 'Ada Lovelace', false],
            ['java', 'x, op attacker', false],
            ["java", "Ada_Lovelace\n", false],
            ['java', 'ABCDEFGHIJKLMNOPQ', false],
            ['java', 'Zoë_the_First', false],
            ['bedrock', 'Ada Lovelace 7', true],
            ['bedrock', '7Ada', false],
            ['bedrock', 'Ada;op', false],
        ];
    }

    public function testBothFieldsAreRequired(): void
    {
        $fields = MinecraftName::checkoutFields('player', null);

        self::assertSame(['minecraft_edition', 'player'], array_column($fields, 'name'));
        self::assertSame([true, true], array_column($fields, 'required'));
    }
}
