<?php

declare(strict_types=1);

// Makes tests/fixtures/recordings from the full recordings of a real Paymenter: keeps of each step what our listeners
// and lifecycle methods can see, and drops stack traces, console output and columns that nobody reads.
//
// usage: php tests/trim-recordings.php RECORDINGS

const UNREAD = ['created_at', 'updated_at', 'currency_code', 'coupon_id', 'subscription_id', 'billing_agreement_id', 'label', 'price'];
const MODELS = ['service', 'invoice', 'invoiceItem', 'invoiceTransaction', 'cancellation', 'serviceUpgrade', 'user', 'property'];
const UNHEARD = ['Creating', 'Updating', 'GeneratePdf', 'Finalized'];

/** @return array<string, mixed> */
function trimmed(mixed $columns): array
{
    return is_array($columns) ? array_diff_key($columns, array_flip(UNREAD)) : [];
}

/** @return array<string, mixed>|null */
function trimmedEvent(array $event): ?array
{
    if (in_array(basename(str_replace('\\', '/', $event['event'])), UNHEARD, true)) {
        return null;
    }
    foreach (MODELS as $name) {
        if (isset($event[$name]['attributes'])) {
            return ['at' => $event['at'], 'event' => $event['event'], 'model' => $name] + array_map('trimmed', [
                'attributes' => $event[$name]['attributes'],
                'dirty' => $event[$name]['dirty'],
                'was' => $event[$name]['was'],
            ]);
        }
    }

    return null;
}

/** @return array<string, mixed>|null */
function trimmedCall(array $call): ?array
{
    $service = $call['service'] ?? null;
    if (!isset($service['attributes'])) {
        return null;
    }

    return [
        'at' => $call['at'],
        'method' => $call['method'],
        'service' => trimmed($service['attributes']),
        'product' => array_intersect_key($service['product'], array_flip(['id', 'name', 'slug'])),
        'user' => array_intersect_key($service['user'], array_flip(['id', 'first_name', 'last_name', 'email'])),
        'properties' => array_map(
            static fn (array $property) => array_intersect_key($property, array_flip(['key', 'value'])),
            $service['service.properties']
        ),
        'configs' => $service['service.configs'],
        'cancellation' => $service['cancellation']['type'] ?? null,
    ];
}

if ($argc !== 2 || !is_dir($argv[1])) {
    fwrite(STDERR, "usage: php tests/trim-recordings.php RECORDINGS\n");
    exit(2);
}
$output = __DIR__ . '/fixtures/recordings';
@mkdir($output, recursive: true);
foreach (glob($argv[1] . '/[0-9]*.json') as $file) {
    $recording = json_decode(file_get_contents($file), true, 64, JSON_THROW_ON_ERROR);
    $story = [
        'step' => $recording['step'],
        'note' => $recording['note'],
        'events' => array_values(array_filter(array_map('trimmedEvent', $recording['events']))),
        'calls' => array_values(array_filter(array_map('trimmedCall', $recording['extension_calls']))),
        'service_after' => $recording['service_after'] === null ? null : trimmed($recording['service_after']),
        'invoices_after' => array_column($recording['invoices_after'] ?? [], 'status', 'id'),
    ];
    $json = json_encode($story, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
    file_put_contents("{$output}/{$recording['step']}.json", "{$json}\n");
}
