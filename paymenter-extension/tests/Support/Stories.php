<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

/**
 * What this extension sends in the recorded life of a real Paymenter, as the files from which the bridge's own tests
 * read it; one source, so that the two cannot differ.
 */
final class Stories
{
    public const FOLDER = __DIR__ . '/../../../Tests/BillingTests/Fixtures/stories';

    /** @return array<string, string> the contents of the files, by name; steps of which nothing is heard have none */
    public static function files(): array
    {
        $paymenter = new RecordedPaymenter();
        $files = [];
        foreach (RecordedPaymenter::steps() as $step) {
            $paymenter->play($step);
            $bodies = $paymenter->newTexts();
            if ($step === '59-user-deleted') {
                $paymenter->deleteUser(3);
                $bodies = $paymenter->newTexts();
            }
            if ($bodies !== []) {
                $files["{$step}.json"] = self::file($bodies);
            }
        }

        return $files;
    }

    /** @param list<string> $bodies */
    private static function file(array $bodies): string
    {
        $chapters = array_map(static function (string $text): array {
            $body = json_decode($text, false, 64, JSON_THROW_ON_ERROR);

            return ['at' => substr($body->occurred_at, 0, 19) . 'Z', 'body' => $body];
        }, $bodies);

        return json_encode(
            $chapters,
            JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR
        ) . "\n";
    }
}
