<?php

declare(strict_types=1);

// A stand-in for the bridge under PHP's built-in server. The file `mode` in the folder STAND_IN says how it answers;
// what it accepted is appended to `accepted`, one JSON line each.

$folder = getenv('STAND_IN');
$mode = trim((string) @file_get_contents("{$folder}/mode")) ?: '202';
$body = (string) file_get_contents('php://input');
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$expected = 'v1,' . base64_encode(hash_hmac(
    'sha256',
    "{$id}.{$_SERVER['HTTP_WEBHOOK_TIMESTAMP']}.{$body}",
    base64_decode(substr((string) getenv('STAND_IN_SECRET'), strlen('whsec_'))),
    true
));
header('Content-Type: application/json');

function answer(int $status, array $body): never
{
    http_response_code($status);
    echo json_encode($body);
    exit;
}

if (!in_array($expected, explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? ''), true)) {
    answer(401, ['status' => 401, 'detail' => 'The signature is wrong.']);
}
$accepted = (string) @file_get_contents("{$folder}/accepted");
if ($mode === '503') {
    header('Retry-After: 1');
    answer(503, ['status' => 503, 'detail' => 'The ledger is not writable.']);
}
if (str_contains($accepted, "\"{$id}\"")) {
    answer(200, ['status' => 'duplicate']);
}
file_put_contents("{$folder}/accepted", json_encode(['id' => $id, 'body' => json_decode($body)]) . "\n", FILE_APPEND);
if ($mode === 'slow') {
    // It has committed, but the answer comes too late.
    sleep(3);
}
answer(202, ['status' => 'accepted']);
