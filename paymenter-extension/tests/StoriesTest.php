<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\RecordedPaymenter;
use PaydactylTests\Support\Stories;
use PHPUnit\Framework\TestCase;

/**
 * What a bridge hears of the recorded life of a real Paymenter, step by step, those included in which Paymenter calls
 * nothing.
 *
 * A line is: event, service, product, status, paid through, end, reason, quantity, options.
 */
final class StoriesTest extends TestCase
{
    private const STORIES = [
        '01-order-placed-unpaid' => [
            'subscription.created 8 fire-elemental pending',
            'subscription.updated 8 fire-elemental pending',
        ],
        '02-first-payment-createServer' => [
            'subscription.updated 8 fire-elemental active 2026-12-23T10:40:29Z',
            'payment.succeeded 8 fire-elemental active 2026-12-23T10:40:29Z',
        ],
        '03-cron-renewal-invoice' => [],
        '04-renewal-paid' => [
            'subscription.renewed 8 fire-elemental active 2026-12-28T00:00:00Z',
            'payment.succeeded 8 fire-elemental active 2026-12-28T00:00:00Z',
        ],
        '05-payment-failed' => [
            'payment.failed 8 fire-elemental active 2026-11-26T10:40:36Z',
        ],
        '06a-cron-overdue-1-day' => [],
        '06b-cron-overdue-suspendServer' => [
            'subscription.suspended 8 fire-elemental suspended 2026-11-20T10:40:40Z overdue',
        ],
        '07-paid-unsuspendServer' => [
            'subscription.updated 8 fire-elemental active 2026-12-23T10:40:44Z',
            'payment.succeeded 8 fire-elemental active 2026-12-23T10:40:44Z',
        ],
        '08-upgrade-requested' => [],
        '09-upgrade-paid-upgradeServer' => [
            'subscription.updated 8 storm-elemental active 2026-12-23T10:40:44Z',
        ],
        '10-downgrade-upgradeServer' => [
            'subscription.updated 8 fire-elemental active 2026-12-23T10:40:44Z',
        ],
        '11-cancel-end-of-period-requested' => [
            'subscription.cancellation_scheduled 8 fire-elemental active 2026-12-23T10:40:44Z ends 2026-12-23T10:40:44Z',
        ],
        '12-cron-at-expiry-after-cancellation' => [],
        '13-cron-2d-after-expiry-suspendServer' => [
            'subscription.suspended 8 fire-elemental suspended 2026-11-20T10:41:02Z ends 2026-11-20T10:41:02Z overdue',
        ],
        '14-cron-14d-after-expiry-terminateServer' => [
            'subscription.terminated 8 fire-elemental cancelled 2026-11-08T10:41:05Z overdue',
        ],
        '20-create-with-config-option' => [
            'subscription.updated 9 storm-elemental active 2026-12-23T10:41:09Z extra_ram=1024',
            'payment.succeeded 9 storm-elemental active 2026-12-23T10:41:09Z extra_ram=1024',
        ],
        '21-cancel-immediate-terminateServer' => [
            'subscription.cancelled 9 storm-elemental cancelled 2026-12-23T10:41:09Z extra_ram=1024',
        ],
        '30-one-time-1usd-createServer' => [
            'subscription.updated 10 awakened active',
            'payment.succeeded 10 awakened active',
        ],
        '31-one-time-cron' => [],
        '32-one-time-upgrade-to-50usd' => [
            'subscription.updated 10 sovereign active',
        ],
        '33-free-product-createServer' => [
            'subscription.created 11 wanderer pending',
            'subscription.updated 11 wanderer active',
        ],
        '34-quantity-3-createServer' => [
            'subscription.updated 12 fire-elemental active 2026-12-23T10:41:30Z x3',
            'payment.succeeded 12 fire-elemental active 2026-12-23T10:41:30Z x3',
        ],
        '40-create-fails-exception' => [
            'subscription.updated 13 fire-elemental active 2026-12-23T10:41:33Z',
            'payment.succeeded 13 fire-elemental active 2026-12-23T10:41:33Z',
        ],
        '41-queue-retry-all' => [],
        '42-suspend-fails-exception' => [
            'subscription.suspended 13 fire-elemental suspended 2026-11-20T10:41:40Z overdue',
        ],
        '43-cron-again-after-failed-suspend' => [],
        '50-unpaid-order-auto-cancelled' => [
            'subscription.cancelled 14 fire-elemental cancelled unpaid',
        ],
        '51-late-payment-of-cancelled-order' => [
            'subscription.updated 14 fire-elemental active 2026-12-23T10:41:51Z',
            'payment.succeeded 14 fire-elemental active 2026-12-23T10:41:51Z',
        ],
        '52-cron-down-15-days' => [
            'subscription.suspended 15 fire-elemental suspended 2026-11-08T10:41:58Z overdue',
            'subscription.terminated 15 fire-elemental cancelled 2026-11-08T10:41:58Z overdue',
        ],
        '53-admin-sets-status-suspended' => [
            'subscription.suspended 16 fire-elemental suspended 2026-12-23T10:42:02Z manual',
        ],
        '54-admin-extends-expires_at' => [
            'subscription.updated 16 fire-elemental active 2027-11-23T10:42:09Z',
        ],
        '55-admin-changes-product' => [
            'subscription.updated 16 storm-elemental active 2027-11-23T10:42:09Z',
        ],
        '56-user-email-changed' => [
            'customer.updated new-ada+1795430425@example.test',
        ],
        '57-transaction-deleted-refund' => [],
        '58-service-deleted' => [
            'subscription.terminated 16 storm-elemental cancelled 2027-11-23T10:42:09Z deleted',
        ],
        '59-user-deleted' => [
            'customer.deleted',
        ],
        '60-secret-storage' => [],
        '61-create-ok-notification-fails' => [
            'subscription.created 19 fire-elemental pending',
            'subscription.updated 19 fire-elemental active 2026-12-23T10:48:45Z',
            'payment.succeeded 19 fire-elemental active 2026-12-23T10:48:45Z',
        ],
        '62-admin-retries-61' => [],
        '63-client-service-page' => [],
        '64-livewire-upgrade' => [
            'subscription.updated 18 storm-elemental active 2026-12-23T10:47:32Z',
            'subscription.updated 18 storm-elemental active 2026-12-23T10:47:32Z extra_ram=1024',
        ],
        '65-livewire-cancel-immediate' => [
            'subscription.cancelled 18 storm-elemental cancelled 2026-12-23T10:47:32Z extra_ram=1024',
        ],
        '66-checkout-config-throws' => [],
        '67-mail-of-createServer-return' => [],
        '70-listener-throws-in-cron' => [],
        '71-cron-without-the-bug' => [
            'subscription.suspended 26 fire-elemental suspended 2026-11-20T11:00:15Z overdue',
        ],
        '72-listener-throws-on-payment' => [],
        '73-listener-throws-on-service-updated-at-payment' => [
            'subscription.created 28 fire-elemental active 2026-12-23T11:00:24Z',
        ],
        '74-api-put-invoice-paid' => [
            'subscription.updated 29 fire-elemental active 2026-12-23T11:00:28Z',
            'payment.succeeded 29 fire-elemental active 2026-12-23T11:00:28Z',
        ],
    ];

    public function testEveryRecordedStepIsToldAsItHappened(): void
    {
        $paymenter = new RecordedPaymenter();
        $told = [];
        foreach (RecordedPaymenter::steps() as $step) {
            $paymenter->play($step);
            $bodies = $paymenter->newBodies();
            if ($step === '59-user-deleted') {
                $paymenter->deleteUser(3);
                $bodies = $paymenter->newBodies();
            }
            $told[$step] = array_map(self::line(...), $bodies);
        }

        self::assertSame(self::STORIES, $told);
    }

    /** The bridge's tests follow these files; `script/stories-from-recordings` writes them. */
    public function testTheBridgesOwnTestsReadWhatIsSentHere(): void
    {
        $kept = [];
        foreach (glob(Stories::FOLDER . '/*.json') ?: [] as $file) {
            $kept[basename($file)] = (string) file_get_contents($file);
        }

        self::assertSame(Stories::files(), $kept);
    }

    public function testRevisionsOfAServiceOnlyGrow(): void
    {
        $paymenter = new RecordedPaymenter();
        $revisions = [];
        foreach (RecordedPaymenter::steps() as $step) {
            $paymenter->play($step);
            foreach ($paymenter->newBodies() as $body) {
                $revisions[$body['subscription_id'] ?? 'customer'][] = $body['revision'];
            }
        }

        self::assertCount(15, $revisions['8']);
        foreach ($revisions as $list) {
            self::assertSame($list, array_values(array_unique($list)));
            $sorted = $list;
            sort($sorted);
            self::assertSame($sorted, $list);
        }
    }

    /** Whatever was missed: the newest event of a service says what its row says. */
    public function testTheNewestEventSuffices(): void
    {
        $paymenter = new RecordedPaymenter();
        $newest = [];
        foreach (RecordedPaymenter::steps() as $step) {
            $paymenter->play($step);
            foreach ($paymenter->newBodies() as $body) {
                if (isset($body['subscription_id'])) {
                    $newest[$body['subscription_id']] = $body;
                }
            }
        }

        foreach ($paymenter->shop->database->select('SELECT s.*, p.slug FROM services s JOIN products p ON p.id = s.product_id') as $row) {
            $told = $newest[$row['id']] ?? null;
            if ($told !== null) {
                self::assertSame(
                    [$row['status'], $row['slug'], (int) $row['quantity']],
                    [$told['status'], $told['product_id'], $told['quantity']]
                );
                unset($newest[$row['id']]);
            }
        }
        self::assertSame(['16'], array_map('strval', array_keys($newest)), 'Only the deleted service is spoken of without a row.');
    }

    public function testEachEventNamesTheCustomerAndThePlayer(): void
    {
        $paymenter = new RecordedPaymenter();
        $paymenter->play('01-order-placed-unpaid');
        $paymenter->newBodies();
        $paymenter->play('02-first-payment-createServer');
        $body = $paymenter->newBodies()[0];

        self::assertSame(
            ['3', 'ada+1795430425@example.test', 'Ada Lovelace', ['minecraft_username' => 'Ada_Lovelace']],
            [$body['customer_id'], $body['customer_email'], $body['customer_name'], $body['properties']]
        );
    }

    /** @param array<string, mixed> $body */
    private static function line(array $body): string
    {
        $options = array_diff_key($body['properties'] ?? [], ['minecraft_username' => true]);

        return implode(' ', array_filter([
            $body['event'],
            $body['subscription_id'] ?? $body['customer_email'] ?? null,
            $body['product_id'] ?? null,
            $body['status'] ?? null,
            $body['paid_through'] ?? null,
            isset($body['ends_at']) ? "ends {$body['ends_at']}" : null,
            $body['reason'] ?? null,
            ($body['quantity'] ?? 1) > 1 ? "x{$body['quantity']}" : null,
            $options === [] ? null : http_build_query($options),
        ]));
    }
}
