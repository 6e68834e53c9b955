<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl;

use App\Attributes\ExtensionMeta;
use App\Classes\Extension\Server;
use App\Models\Extension;
use App\Models\Product;
use App\Models\Service;
use Illuminate\Support\Facades\DB;
use Paymenter\Extensions\Servers\Paydactyl\Binding\CustomerPages;
use Paymenter\Extensions\Servers\Paydactyl\Binding\FlushOutbox;
use Paymenter\Extensions\Servers\Paydactyl\Binding\Listeners;
use Paymenter\Extensions\Servers\Paydactyl\Binding\Paymenter;
use Paymenter\Extensions\Servers\Paydactyl\Binding\Schedules;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\ConnectionTest;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Lifecycle;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\Customer\MinecraftName;
use Paymenter\Extensions\Servers\Paydactyl\Customer\TierList;
use Paymenter\Extensions\Servers\Paydactyl\Events\LifecycleCall;

/**
 * The extension as Paymenter sees it; signatures and rules are those of facts/paymenter.md §b.
 *
 * Not final, and the only file of its folder: Paymenter's uploader includes one file of the folder after the other
 * until it finds one with `class <Name>` at the beginning of a line
 * (app/Services/Extensions/UploadExtensionService.php).
 */
#[ExtensionMeta(
    name: 'Paydactyl',
    description: 'Gives customers the access to your game servers that they pay for, and takes it back when they stop.',
    version: Assembly::VERSION,
    author: 'Paydactyl',
)]
class Paydactyl extends Server
{
    /**
     * Runs in every request, command and worker start, and an Error from here takes the whole site down
     * (facts/paymenter.md §0.9).
     */
    public function boot(): void
    {
        try {
            (new Listeners(fn () => $this->assembly()))->register();
            Schedules::register(app());
        } catch (\Throwable $failure) {
            Paymenter::report($failure, 'The extension could not be started; until it can, nothing is told.');
        }
    }

    /**
     * @param array<string, mixed> $values
     * @return list<array<string, mixed>>
     */
    public function getConfig($values = []): array
    {
        return Settings::fields();
    }

    /**
     * "Test connection": Paymenter gives us what the form holds, saved or not, and shows what is returned unless it is
     * true.
     */
    public function testConfig(): bool|string
    {
        try {
            $assembly = $this->assembly();

            $test = new ConnectionTest($assembly->bridge(), $assembly->clock);

            return $test->run() ?? true;
        } catch (\Throwable $failure) {
            return $failure->getMessage();
        }
    }

    /**
     * @param array<string, mixed> $values
     * @return list<array<string, mixed>>
     */
    public function getProductConfig($values = []): array
    {
        try {
            $tiers = (new CustomerPages($this->assembly()))->tiers();
        } catch (\Throwable) {
            // Without the bridge the tier is typed.
            $tiers = null;
        }

        return TierList::productFields(
            $tiers === null ? null : TierList::options($tiers),
            is_string($values['tier'] ?? null) ? $values['tier'] : null
        );
    }

    /**
     * Asks nothing of the network: what is thrown here lets the product be bought without the fields (recording 66).
     *
     * @param array<string, mixed> $values
     * @param array<string, mixed> $settings
     * @return list<array<string, mixed>>
     */
    public function getCheckoutConfig(Product $product, $values = [], $settings = []): array
    {
        if (!$this->asksPlayer($product, is_array($settings) ? $settings : [])) {
            return [];
        }
        $edition = $values[MinecraftName::EDITION] ?? null;

        return MinecraftName::checkoutFields(
            $this->assembly()->settings->playerProperty(),
            is_string($edition) ? $edition : null
        );
    }

    /** @return array<string, string> variables for the mail "new server created" */
    public function createServer(Service $service, $settings, $properties): array
    {
        return $this->lifecycle(LifecycleCall::Create, $service);
    }

    /** @return array<string, string> */
    public function suspendServer(Service $service, $settings, $properties): array
    {
        return $this->lifecycle(LifecycleCall::Suspend, $service);
    }

    /** @return array<string, string> */
    public function unsuspendServer(Service $service, $settings, $properties): array
    {
        return $this->lifecycle(LifecycleCall::Unsuspend, $service);
    }

    /** @return array<string, string> */
    public function terminateServer(Service $service, $settings, $properties): array
    {
        return $this->lifecycle(LifecycleCall::Terminate, $service);
    }

    /** @return array<string, string> */
    public function upgradeServer(Service $service, $settings, $properties): array
    {
        return $this->lifecycle(LifecycleCall::Upgrade, $service);
    }

    /**
     * What the customer's service page offers: what the bridge knows, while it is there, and whether a change has not
     * reached it yet.
     *
     * @return list<array<string, string>>
     */
    public function getActions(Service $service, $settings, $properties): array
    {
        try {
            $assembly = $this->assembly();
            $actions = [];
            if ($assembly->outbox()->waits("service:{$service->getKey()}")) {
                $actions[] = ['type' => 'text', 'label' => 'Access', 'text' => 'your last change is being passed on'];
            }
            $page = (new CustomerPages($assembly))->access((string) $service->user_id);
            if ($page === null) {
                return $actions;
            }
            $actions[] = ['type' => 'view', 'name' => 'access', 'label' => 'Access'];
            $panel = $page->panelUrl();
            if ($panel !== null) {
                $actions[] = ['type' => 'button', 'label' => 'Game panel', 'url' => $panel, 'target' => '_blank'];
            }

            return $actions;
        } catch (\Throwable $failure) {
            Paymenter::report($failure, 'The access of a customer could not be shown.');

            return [];
        }
    }

    /** The page "Access"; Paymenter inserts it as it is. */
    public function getView(Service $service, $settings, $properties, $view): string
    {
        try {
            $page = (new CustomerPages($this->assembly()))->access((string) $service->user_id);

            return $page?->html((string) $service->getKey()) ?? '';
        } catch (\Throwable $failure) {
            Paymenter::report($failure, 'The access of a customer could not be shown.');

            return '';
        }
    }

    /** After the form that creates the server, which stores secrets in clear (facts/paymenter.md §0.10). */
    public function enabled(Extension $server): void
    {
        $this->setUp();
    }

    public function updated(Extension $server): void
    {
        $this->setUp();
    }

    public function installed(): void
    {
        $this->setUp();
    }

    public function upgraded($oldVersion = null): void
    {
        $this->setUp();
    }

    /**
     * Only here is anything thrown away; deleting the server keeps what is still to be told. (Paymenter 1.5 calls this
     * of other kinds of extensions only: app/Admin/Resources/ServerResource/Pages/EditServer.php.)
     */
    public function uninstalled(): void
    {
        try {
            Paymenter::dropTables();
        } catch (\Throwable $failure) {
            Paymenter::report($failure, 'The tables of the extension could not be removed; see its README.');
        }
    }

    /**
     * From what the bridge said of its tiers lately. Where that is not known the name is asked for: a name too many
     * harms nobody, and a rank that waits for one does.
     *
     * @param array<string, mixed> $settings
     */
    private function asksPlayer(Product $product, array $settings): bool
    {
        $wish = $settings['asks_player'] ?? TierList::BY_TIER;
        if ($wish !== TierList::BY_TIER) {
            return $wish !== 'no';
        }
        try {
            $tiers = CustomerPages::tiersHeard();

            return TierList::needsPlayer($tiers ?? [], (string) $product->slug, (string) ($settings['tier'] ?? ''))
                ?? true;
        } catch (\Throwable) {
            return true;
        }
    }

    private function setUp(): void
    {
        $steps = [
            Paymenter::protectSecrets(...),
            Paymenter::createTables(...),
            // Whoever saves the form has mended something: what waits is tried at once.
            static fn () => Paymenter::storedAssembly()?->gate()->reset(),
            FlushOutbox::queueAfterCommit(...),
        ];
        foreach ($steps as $step) {
            try {
                $step();
            } catch (\Throwable $failure) {
                Paymenter::report($failure, 'The extension could not set itself up; the minute sweep tries again.');
            }
        }
    }

    /** @return array<string, string> */
    private function lifecycle(LifecycleCall $call, Service $service): array
    {
        $assembly = $this->assembly();
        try {
            $waits = (new Lifecycle($assembly))->call(
                $call,
                (int) $service->getKey(),
                isPerson: !app()->runningInConsole(),
                maySend: DB::transactionLevel() === 0,
            );
        } catch (Problem $problem) {
            throw $problem;
        } catch (\Throwable $failure) {
            Paymenter::report($failure, "{$call->value} of service {$service->getKey()} could not be told.");
            throw new Problem(
                "Paymenter's own database did not take what is to be told of service {$service->getKey()} (its log has"
                . ' the cause): run `php artisan paydactyl:status`; the next hourly list tells it in any case.',
                previous: $failure
            );
        }
        if ($waits !== null) {
            logger()->warning("Paydactyl: {$call->value} of service {$service->getKey()} is kept and waits. {$waits}");
            FlushOutbox::queueAfterCommit();
        }

        return array_filter(['panel_url' => $assembly->settings->panelUrl()]);
    }

    private function assembly(): Assembly
    {
        return Paymenter::assembly(is_array($this->config) ? $this->config : []);
    }
}
