import ArgumentParser
import Assembly
import Billing
import Foundation
import Observability
import ServiceConfiguration

struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign one delivery and post it, as the billing system would.",
        discussion: """
            What is said is what the options say; a fact without its option is not stated, and the word null clears one. Example:
              paydactyl send subscription.created --subscription 123 --customer 77 --email ada@example.com --product fire-elemental --status active
            """
    )

    @Argument(help: "The event, such as subscription.created or payment.failed.")
    var event: String

    @Option(help: "subscription_id")
    var subscription: String?

    @Option(help: "customer_id")
    var customer: String?

    @Option(help: "customer_email")
    var email: String?

    @Option(help: "customer_name")
    var name: String?

    @Option(help: "product_id")
    var product: String?

    @Option(help: "tier")
    var tier: String?

    @Option(help: "status: pending, active, past_due, suspended or cancelled")
    var status: String?

    @Option(help: "quantity")
    var quantity: Int64?

    @Option(help: "paid_through, a date or a moment")
    var paidThrough: String?

    @Option(help: "ends_at, a date or a moment")
    var endsAt: String?

    @Option(help: "reason, such as manual")
    var reason: String?

    @Option(name: .customLong("property"), help: "A property, as name=value; may be repeated.")
    var properties: [String] = []

    @Option(help: "revision")
    var revision: Int64?

    @Option(help: "occurred_at; now, unless given (null: left out)")
    var occurredAt: String?

    @Option(help: "The webhook-id; a new one, unless given.")
    var id: String?

    @Option(help: "The secret to sign with (whsec_…); the configuration's first, unless given.")
    var secret: String?

    @Option(help: "The address of the service; or PAYDACTYL_URL, or what the configuration says.")
    var url: String?

    @Option(help: "The configuration file (PAYDACTYL_CONFIG; paydactyl.yaml here).")
    var config: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let body = try draft().json()
        let id = id ?? "msg_\(UUID().uuidString.lowercased())"
        let (url, secret) = try target()
        let answer = try await DeliverySender.with(url: url, secret: secret) { try await $0.send(body, id: id) }
        if json {
            Screen.output.write(json: answer.body)
        } else if answer.isKept {
            Screen.output.write("\(answer.status) \(shown(answer.word)): \(shown(event)) as \(shown(id))")
            if answer.word == "ignored" { Screen.error.write("The service knows no such event; nothing comes of it.") }
        }
        guard !answer.isKept else { return }
        let outcome: CommandFailure.Outcome = [401, 403].contains(answer.status) ? .unreachable : .didNotHold
        throw CommandFailure(outcome, "Refused with status \(answer.status): \(answer.word)")
    }

    private func draft() throws -> DeliveryDraft {
        var draft = DeliveryDraft(event: event)
        draft.state("subscription_id", subscription)
        draft.state("customer_id", customer)
        draft.state("customer_email", email)
        draft.state("customer_name", name)
        draft.state("product_id", product)
        draft.state("tier", tier)
        draft.state("status", status)
        draft.state("quantity", number: quantity)
        draft.state("paid_through", paidThrough)
        draft.state("ends_at", endsAt)
        draft.state("reason", reason)
        draft.state("revision", number: revision)
        if occurredAt != "null" { draft.state("occurred_at", occurredAt ?? Date().formatted(.iso8601)) }
        try draft.state(properties: properties)
        return draft
    }

    private func target() throws -> (url: String, secret: WebhookSecret) {
        let given = url ?? ProcessInfo.processInfo.environment["PAYDACTYL_URL"]
        if let given, let secret { return (given, try Self.read(secret)) }
        let configuration = try ConfigurationFile.load(
            config,
            missing: "Say where to send it and with which secret: --url and --secret, or --config."
        )
        let first = configuration.billing.paymenter.secrets.first?.reveal() ?? ""
        return (given ?? ServiceAddress.local(configuration.listen), try Self.read(secret ?? first))
    }

    private static func read(_ secret: String) throws -> WebhookSecret {
        do {
            return try WebhookSecret(secret)
        } catch {
            throw CommandFailure(.usage, "--secret: \(error).")
        }
    }
}
