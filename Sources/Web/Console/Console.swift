import Entitlements
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
package import Provisioning

/// The pages on which people look and decide, at `/`: made by the server, whole without a script.
///
/// It knows nothing that the admin API does not, and changes nothing but through it.
package struct Console: Sendable {
    let api: AdminAPI
    let rules: Current<WebRules>
    let sessions = Sessions()
    let throttle = TokenThrottle()
    let streams = LiveStreams()

    package init(api: AdminAPI, rules: Current<WebRules>) {
        self.api = api
        self.rules = rules
    }

    var templates: PageTemplates { .shared }

    func addRoutes(to router: Router<WebContext>) {
        router.get("assets/console.css") { _, _ in
            ConsoleAnswer.asset(PackageResources.console_css, type: "text/css; charset=utf-8")
        }
        router.get("assets/console.js") { _, _ in
            ConsoleAnswer.asset(PackageResources.console_js, type: "text/javascript; charset=utf-8")
        }
        router.get("assets/icon.svg") { _, _ in
            ConsoleAnswer.asset(PackageResources.icon_svg, type: "image/svg+xml")
        }
        let door = router.group().add(middleware: ConsoleProblems(console: self))
        addSignIn(to: door)
        let clock = api.clock
        let inside = router.group()
            .add(middleware: ConsoleProblems(console: self))
            .add(middleware: ConsoleGate(rules: rules, sessions: sessions, now: { clock.now() }))
            .add(middleware: FormQuery())
        addPages(to: inside)
        addDecisions(to: inside)
        inside.get("live") { request, _ in try live(request) }
    }

    func session(_ context: WebContext) throws -> Session {
        guard let session = context.session else { throw Problem(.forbidden, "Nobody is signed in.") }
        return session
    }

    /// Renders a page for whoever is signed in.
    func show(_ context: WebContext, at place: String, _ page: (PageFrame) async throws -> some Page) async throws
        -> Response
    {
        ConsoleAnswer.page(templates.render(try await page(try await frame(context, at: place))))
    }

    func frame(_ context: WebContext, at place: String) async throws -> PageFrame {
        let session = try session(context)
        let summary = try await api.ledger.summary()
        let waiting = (summary.customers[.needsAttention] ?? 0)
        var banners: [String] = []
        if api.rules.rules.mode == .observe {
            banners.append(
                "This service only observes: it shows what it would do, and changes nothing (mode: observe)."
            )
        }
        if api.rules.isPaused { banners.append("All changes are paused until somebody resumes them.") }
        return PageFrame(
            instance: api.rules.rules.instance,
            version: api.version,
            links: Self.places.map { label, address in
                PageFrame.Link(
                    label: label,
                    address: address,
                    isCurrent: address == place,
                    count: address == "/attention" && waiting > 0 ? waiting : nil
                )
            },
            person: session.person.name,
            mayChange: session.person.mayChange,
            formToken: session.formToken,
            notice: sessions.takeNotice(for: session),
            banners: banners.map(PageSentence.init)
        )
    }

    static let places = [
        ("Overview", "/"), ("Customers", "/customers"), ("Needs attention", "/attention"), ("Upcoming", "/upcoming"),
        ("Drift", "/drift"),
        ("Servers × tiers", "/matrix"), ("Deliveries", "/deliveries"), ("Panel", "/panel"), ("Audit log", "/log"),
    ]
}
