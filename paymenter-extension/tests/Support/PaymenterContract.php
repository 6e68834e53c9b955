<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

/**
 * All that the extension touches of Paymenter, by name.
 *
 * Held against the stand-in by PaymenterContractTest, and against a Paymenter's own source by compare-with-paymenter.php, so
 * that a new version of Paymenter can be looked through before anybody installs it.
 */
final class PaymenterContract
{
    /** Paymenter's events and the property that holds their model; null where we read none. */
    public const EVENTS = [
        'App\Events\Service\Created' => 'service',
        'App\Events\Service\Updated' => 'service',
        'App\Events\Service\Deleted' => 'service',
        'App\Events\ServiceCancellation\Created' => 'cancellation',
        'App\Events\ServiceCancellation\Updated' => 'cancellation',
        'App\Events\ServiceCancellation\Deleted' => 'cancellation',
        'App\Events\Invoice\Paid' => 'invoice',
        'App\Events\InvoiceTransaction\Created' => 'invoiceTransaction',
        'App\Events\InvoiceTransaction\Updated' => 'invoiceTransaction',
        'App\Events\User\Updated' => 'user',
        'App\Events\Property\Created' => 'property',
        'App\Events\Property\Updated' => 'property',
        'App\Events\Property\Deleted' => 'property',
        'App\Events\Properties\Updated' => null,
    ];

    /** What we call or extend: `class::method` and the names of its parameters. */
    public const METHODS = [
        'App\Classes\Extension\Extension::__construct' => ['config'],
        'App\Classes\Extension\Extension::getConfig' => ['values'],
        'App\Classes\Extension\Extension::installed' => [],
        'App\Classes\Extension\Extension::uninstalled' => [],
        'App\Classes\Extension\Extension::upgraded' => ['oldVersion'],
        'App\Classes\Extension\Extension::boot' => [],
        'App\Helpers\ExtensionHelper::runMigrations' => ['path'],
        'App\Helpers\ExtensionHelper::rollbackMigrations' => ['path'],
        'App\Attributes\ExtensionMeta::__construct' => ['name', 'description', 'version', 'author', 'url', 'icon'],
        'App\Models\Extension::settings' => [],
    ];

    public const PARENTS = [
        'App\Classes\Extension\Server' => 'Extension',
        'App\Models\Server' => 'Extension',
        'App\Models\Extension' => 'Model',
        'App\Models\Setting' => 'Model',
        'App\Models\Service' => 'Model',
        'App\Models\Product' => 'Model',
    ];

    /** What Paymenter calls of us, and with how many arguments (app/Helpers/ExtensionHelper.php and the admin's forms). */
    public const CALLED = [
        'boot' => 0,
        'getConfig' => 1,
        'testConfig' => 0,
        'getProductConfig' => 1,
        'getCheckoutConfig' => 3,
        'createServer' => 3,
        'suspendServer' => 3,
        'unsuspendServer' => 3,
        'terminateServer' => 3,
        'upgradeServer' => 3,
        'getActions' => 3,
        'getView' => 4,
        'enabled' => 1,
        'updated' => 1,
        'installed' => 0,
        'upgraded' => 1,
        'uninstalled' => 0,
    ];

    /** The columns that our SQL names. */
    public const COLUMNS = [
        'extensions' => ['id', 'extension', 'type', 'deleted_at'],
        'products' => ['id', 'slug', 'server_id'],
        'users' => ['id', 'email', 'first_name', 'last_name'],
        'services' => ['id', 'status', 'user_id', 'product_id', 'quantity', 'expires_at', 'updated_at'],
        'properties' => ['key', 'value', 'model_id', 'model_type'],
        'service_cancellations' => ['service_id', 'type'],
        'service_configs' => ['configurable_id', 'configurable_type', 'config_option_id', 'config_value_id'],
        'config_options' => ['id', 'name', 'env_variable'],
        'settings' => ['id', 'key', 'value', 'encrypted', 'settingable_id', 'settingable_type'],
        'invoices' => ['id', 'status'],
        'invoice_items' => ['invoice_id', 'reference_id', 'reference_type'],
        'invoice_transactions' => ['invoice_id', 'transaction_id', 'status'],
        'audits' => ['id', 'auditable_type', 'auditable_id', 'old_values', 'new_values'],
    ];

    /** Settings of Paymenter's own, with the defaults that hold where nobody changed them. */
    public const SETTINGS = ['cronjob_order_suspend' => 2, 'cronjob_order_terminate' => 14, 'cronjob_order_cancel' => 7];
}
