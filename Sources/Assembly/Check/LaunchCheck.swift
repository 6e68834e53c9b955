import Foundation
import NIOSSL
import ServiceConfiguration

/// What lies outside the panel and decides whether a launch is safe: the way in, copies, alerts, the rehearsal.
struct LaunchCheck {
    typealias Finding = CheckReport.Finding

    let configuration: ServiceConfiguration
    var now = Date()

    func findings() async -> [Finding] {
        [await transport(), allowList, alerts, links, backup, rehearsal].compactMap(\.self)
    }

    // MARK: - The way in

    private func transport() async -> Finding {
        let subject = "https"
        if let tls = configuration.listen.tls { return certificate(tls.certificate) }
        if !configuration.trustedProxies.isEmpty {
            return await ProxyCheck(configuration: configuration).finding()
        }
        let remedy = "Give listen.tls a certificate, or list in trusted_proxies the proxy that ends TLS."
        guard ServiceAddress.isThisMachine(configuration.listen.host) else {
            return .fail(
                subject,
                "Nothing ends TLS, so every delivery from another machine is refused (403)",
                remedy: remedy
            )
        }
        return .warn(subject, "Only this machine can reach the service, and only without a proxy", remedy: remedy)
    }

    private func certificate(_ path: String) -> Finding {
        let subject = "https"
        do {
            guard let certificate = try NIOSSLCertificate.fromPEMFile(path).first else {
                return .fail(
                    subject,
                    "\(path) holds no certificate",
                    remedy: "Put the certificate, then its chain, there."
                )
            }
            // Rounded down, so that what has run out this very day has run out.
            let days = Int(
                ((TimeInterval(certificate.notValidAfter) - now.timeIntervalSince1970) / 86_400).rounded(.down)
            )
            let remedy = "Renew it and reload the service; a renewal by itself must do both."
            return switch days {
            case ..<0: .fail(subject, "The certificate in \(path) has run out", remedy: remedy)
            case ..<14: .warn(subject, "The certificate in \(path) runs out in \(days) days", remedy: remedy)
            default: .ok(subject, "It is ended here; the certificate runs for \(days) more days")
            }
        } catch {
            return .fail(subject, "\(path) cannot be read: \(error)", remedy: "Let the service's user read it.")
        }
    }

    private var allowList: Finding {
        let subject = "billing.paymenter.allow_from"
        let ranges = configuration.billing.paymenter.allowFrom
        guard ranges.isEmpty else {
            return .ok(subject, "Deliveries are taken from \(ranges.map(\.description).joined(separator: ", "))")
        }
        return .warn(
            subject,
            "Any address may try to deliver; only the signature keeps others out",
            remedy: "List the address of the billing host."
        )
    }

    // MARK: - What was done

    private var hasTarget: Bool { configuration.alerts.discord != nil || configuration.alerts.generic != nil }

    private var links: Finding? {
        guard hasTarget, configuration.alerts.consoleURL == nil else { return nil }
        return .warn(
            "alerts.console_url",
            "Alerts lead to no page, since the console's public address is not set",
            remedy: "Set alerts.console_url, for instance to https://paydactyl.example.com."
        )
    }

    private var alerts: Finding {
        let subject = "alerts"
        guard hasTarget else {
            return .warn(
                subject,
                "Nobody is told when something needs a person",
                remedy: "Set alerts.discord or alerts.generic, then run `paydactyl check --send-alert`."
            )
        }
        let remedy = "Run `paydactyl check --send-alert`."
        return done(.alerted, subject, never: "No test alert has reached the targets that are set", remedy: remedy) {
            day,
            _ in
            .ok(subject, "A test alert reached every target on \(day)")
        }
    }

    private var backup: Finding {
        let subject = "backup"
        let remedy = "Run `paydactyl backup FILE` every night, and keep the copies on another machine."
        return done(.copied, subject, never: "The ledger was never copied", remedy: remedy) { day, age in
            age > 2 * 86_400
                ? .warn(subject, "The last copy of the ledger was made on \(day)", remedy: remedy)
                : .ok(subject, "The last copy of the ledger was made on \(day)")
        }
    }

    private var rehearsal: Finding {
        let subject = "rehearsal"
        let remedy = "Run `paydactyl rehearse --customers 5 --group GROUP`."
        return done(.rehearsed, subject, never: "No rehearsal on this panel has held yet", remedy: remedy) { day, _ in
            .ok(subject, "A rehearsal held on \(day)")
        }
    }

    private func done(
        _ record: LaunchRecord,
        _ subject: String,
        never: String,
        remedy: String,
        _ found: (_ day: String, _ age: TimeInterval) -> Finding
    ) -> Finding {
        do {
            guard let moment = try record.last(configuration) else {
                return .warn(subject, never, remedy: remedy)
            }
            let day = moment.formatted(.iso8601.year().month().day())
            return found(day, now.timeIntervalSince(moment))
        } catch {
            return .warn(subject, "When it was last done cannot be read: \(error)", remedy: remedy)
        }
    }
}
