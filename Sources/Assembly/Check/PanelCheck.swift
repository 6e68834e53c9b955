import Foundation
import Observability
import Entitlements
import Provisioning
import PterodactylAPI
import ServiceConfiguration

/// Looks at one panel: what answers, what the keys may do, what the rules of the configuration come to there.
struct PanelCheck {
    typealias Finding = CheckReport.Finding

    let name: PanelName
    let panel: ServiceConfiguration.Panel
    let configuration: ServiceConfiguration
    let client: PterodactylPanel?

    init(
        name: PanelName,
        _ panel: ServiceConfiguration.Panel,
        in configuration: ServiceConfiguration,
        transport: PanelTransport
    ) {
        let client: PterodactylPanel?
        do {
            client = PterodactylPanel(
                url: try PanelURL(panel.url.absoluteString),
                applicationKey: PanelKey(panel.applicationKey.reveal()),
                clientKey: PanelKey(panel.clientKey.reveal()),
                transport: transport
            )
        } catch {
            client = nil
        }
        self.init(name: name, panel, in: configuration, client: client)
    }

    init(
        name: PanelName,
        _ panel: ServiceConfiguration.Panel,
        in configuration: ServiceConfiguration,
        client: PterodactylPanel?
    ) {
        self.name = name
        self.panel = panel
        self.configuration = configuration
        self.client = client
    }

    func run() async -> [Finding] {
        guard let client else {
            let remedy = "Write the panel's address into panels.\(name).url, as https://panel.example.com."
            return [.fail(subject, "\(panel.url.absoluteString) is no address of a panel", remedy: remedy)]
        }
        do {
            _ = try await client.usersPage(1, perPage: 1)
        } catch let error as PanelError where error.isNoPanel {
            return [unusable(error)]
        } catch {
            return await findings(client, application: [applicationKeyRefused(error)], mayRead: false)
        }
        return await findings(client, application: [await mayWrite(client)], mayRead: true)
    }

    private func findings(_ client: PterodactylPanel, application: [Finding], mayRead: Bool) async -> [Finding] {
        let servers = mayRead ? await readServers(client) : .failure(nil)
        let power = await readClientKey(client)
        var findings = [answers(client)] + application
        switch servers {
        case .success(let servers):
            let instance = configuration.instance
            let known = servers.map { Entitlements.PanelServer($0, on: name, instance: instance) }
            findings += power.findings
            findings += GroupCheck(panel: name, catalog: configuration.catalog, servers: known).findings
            findings += RankCheck(panel: name, catalog: configuration.catalog, servers: known).findings
            findings += await ServerCheck(
                power: power,
                catalog: configuration.catalog,
                servers: servers,
                client: client,
                panel: name,
                instance: instance
            ).findings()
            findings += await DedicatedCheck(panel: name, catalog: configuration.catalog, client: client).findings()
        case .failure(let finding): findings += [finding].compactMap(\.self) + power.findings
        }
        return findings + [clock(client), limits(client), versionOfPanel]
    }

    var subject: String { "panel \(name)" }

    private func answers(_ client: PterodactylPanel) -> Finding {
        let isPlain = panel.url.scheme?.lowercased() == "http"
        guard isPlain else { return .ok(subject, "\(client.url) answers as a panel does, over TLS") }
        guard !ServiceAddress.isThisMachine(panel.url.host ?? "") else {
            return .ok(subject, "\(client.url) answers as a panel does; without TLS, which is fine on one machine")
        }
        return .warn(
            subject,
            "\(client.url) answers as a panel does, but without TLS: the keys can be read on their way",
            remedy: "Put TLS before the panel, and write https."
        )
    }

    func unusable(_ error: PanelError) -> Finding {
        let remedy =
            switch error.kind {
            case .unreachable, .noAnswer: "Is panels.\(name).url right, is the panel up, and may this machine reach it?"
            case .maintenance: "Try again when its maintenance is over."
            case .redirected: "Write the address to which it redirects into panels.\(name).url."
            default: "Does panels.\(name).url lead to the panel itself, and not to another site or a proxy's page?"
            }
        return .fail(subject, "\(panel.url.absoluteString): \(error)", remedy: remedy)
    }

    private func clock(_ client: PterodactylPanel) -> Finding {
        guard let skew = client.clockReading?.skew.components.seconds else {
            return .warn(
                "\(subject): clock",
                "Its answers tell no time (no Date header), so clocks cannot be compared.",
                remedy:
                    "Let the panel's web server, or the proxy before it, send Date; until then watch its clock yourself."
            )
        }
        let apart = abs(skew)
        let text = "It is \(apart) s \(skew < 0 ? "behind" : "ahead of") this machine"
        let remedy = "Let both machines set their clocks by NTP."
        return switch apart {
        case ...2: .ok("\(subject): clock", "Its clock and ours agree")
        case ...300: .warn("\(subject): clock", text, remedy: remedy)
        default: .fail("\(subject): clock", "\(text): losses that only time causes would wait", remedy: remedy)
        }
    }

    private func limits(_ client: PterodactylPanel) -> Finding {
        let application = client.budget(.application)
        let ours = client.budget(.client)
        let share = Int((panel.budgetShare * 100).rounded())
        return .ok(
            "\(subject): limits",
            "\(application.limit) application and \(ours.limit) client calls a minute, of which we use \(share) %"
        )
    }

    private var versionOfPanel: Finding {
        .warn(
            "\(subject): version",
            "Its API does not tell it. Before 1.12, and with Wings before 1.12, a console or file session that is open outlives the removal of access",
            remedy:
                "Look at the foot of the panel's admin area, and update panel and Wings. (Paydactyl is held against recordings of 1.11.8.)"
        )
    }
}

extension PanelError {
    /// Whether what answers, if anything does, is no panel that can be worked with, whatever the keys.
    var isNoPanel: Bool {
        switch kind {
        case .unreachable, .noAnswer, .notJSON, .noSuchRoute, .redirected, .maintenance, .nonsense, .undecodable: true
        default: false
        }
    }
}
