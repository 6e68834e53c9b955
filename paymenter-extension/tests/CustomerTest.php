<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\ScriptedTransport;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpAnswer;
use Paymenter\Extensions\Servers\Paydactyl\Customer\AccessPage;
use Paymenter\Extensions\Servers\Paydactyl\Customer\MinecraftName;
use Paymenter\Extensions\Servers\Paydactyl\Customer\TierList;
use PHPUnit\Framework\TestCase;

final class CustomerTest extends TestCase
{
    private const CUSTOMER = [
        'id' => '3',
        'state' => 'working',
        'since' => '2026-11-23T10:40:00Z',
        'reasons' => ['On hold, by bob: looks like a thief'],
        'accounts' => [['panel' => 'main', 'username' => 'ada_lovelace_x7', 'email' => 'ada@example.test']],
        'access' => [
            ['name' => 'Frost Path 1', 'desired' => ['websocket.connect'], 'granted' => ['websocket.connect']],
            ['name' => 'Frost Path 2', 'desired' => ['websocket.connect'], 'granted' => []],
            ['name' => 'Old World', 'desired' => [], 'granted' => ['websocket.connect']],
        ],
    ];

    public function testItShowsWhatIsThereWhatIsOnItsWayAndHowToSignIn(): void
    {
        $html = (new AccessPage(self::CUSTOMER, 'https://panel.example.com'))->html();

        self::assertStringContainsString('is being set up (since 23 Nov 2026, ', $html);
        self::assertStringContainsString('<strong>Frost Path 1</strong>: you have access', $html);
        self::assertStringContainsString('<strong>Frost Path 2</strong>: on its way', $html);
        self::assertStringContainsString('<strong>Old World</strong>: ends', $html);
        self::assertStringContainsString('<strong>ada_lovelace_x7</strong> (ada@example.test)', $html);
        self::assertStringContainsString('href="https://panel.example.com"', $html);
        self::assertStringContainsString('Forgot password', $html);
    }

    public function testWhoHasNothingIsNotToldThatAllIsThere(): void
    {
        $html = (new AccessPage(['id' => '3', 'state' => 'converged', 'access' => []], null))->html();

        self::assertStringContainsString('There is no access at this moment.', $html);
        self::assertStringNotContainsString('in place', $html);
    }

    public function testWordsForOperatorsStayWithThem(): void
    {
        self::assertStringNotContainsString('thief', (new AccessPage(self::CUSTOMER, null))->html());
    }

    public function testNothingThatTheBridgeSaysBecomesHtml(): void
    {
        $evil = '"><script>alert(1)</script>';
        $html = (new AccessPage([
            'id' => '3',
            'state' => $evil,
            'since' => $evil,
            'accounts' => [['username' => $evil, 'email' => $evil], $evil, ['username' => [$evil]]],
            'access' => [['name' => $evil, 'desired' => ['x'], 'granted' => $evil], $evil],
        ], "https://panel.example.com/'\"><script>"))->html();

        self::assertStringNotContainsString('<script', $html);
        self::assertStringNotContainsString('alert(1)</', $html);
        self::assertStringContainsString('&lt;script&gt;', $html);
    }

    public function testAnAnswerOfAnyShapeMakesAPage(): void
    {
        foreach ([[], ['access' => 'none', 'accounts' => 7], ['state' => ['converged']]] as $answer) {
            self::assertStringContainsString('not known', (new AccessPage($answer, null))->html());
        }
    }

    /** The bridge also finds customers by e-mail and key; a page must be nobody else's. */
    public function testAnAnswerAboutSomebodyElseIsNotShown(): void
    {
        self::assertTrue(AccessPage::concerns(['id' => '3'], '3'));
        self::assertFalse(AccessPage::concerns(['id' => '33'], '3'));
        self::assertFalse(AccessPage::concerns(['key' => '3'], '3'));
        self::assertFalse(AccessPage::concerns([], '3'));
    }

    public function testTiersComeFromTheBridgeLowestFirst(): void
    {
        $tiers = $this->tiers(new HttpAnswer(200, [], json_encode(['items' => [
            ['id' => 'elemental', 'rank' => 2, 'products' => ['fire-elemental', 'frost-elemental']],
            ['id' => 'awakened', 'rank' => 1, 'products' => []],
        ]], JSON_THROW_ON_ERROR)));

        self::assertSame(
            ['awakened' => 'awakened', 'elemental' => 'elemental (fire-elemental, frost-elemental)'],
            $tiers
        );
        $field = TierList::productFields($tiers, 'awakened')[0];
        self::assertSame(['select', $tiers], [$field['type'], $field['options']]);
    }

    public function testWithoutTheBridgeTheTierIsTyped(): void
    {
        self::assertNull($this->tiers(new BridgeAway('Nothing answers.')));
        self::assertNull($this->tiers(new HttpAnswer(200, [], '<html>')));
        self::assertNull($this->tiers(ScriptedTransport::problem(401)));
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

    /** @return array<string, string>|null */
    private function tiers(HttpAnswer|BridgeAway $answer): ?array
    {
        $shop = new Shop(transport: new ScriptedTransport($answer));

        return TierList::fetch($shop->assembly->bridge(), 'token', 1500);
    }
}
