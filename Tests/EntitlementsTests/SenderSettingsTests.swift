import Entitlements
import Testing

/// The billing system's clock beside ours.
struct SenderSettingsTests {
    @Test(arguments: [
        (2, 14, Duration.days(7), nil),
        (2, 5, .days(7), "Paymenter terminates after 5 days"),
        (10, 14, .days(7), "Access ends 7 days after the date paid for"),
        (2, 7, .days(7), nil),
        (1, 1, .seconds(3600 * 12), "while Paymenter still shows the service as active until 1 day after it"),
    ])
    func `a conflict says what happens and what to set`(_ suspend: Int, _ end: Int, _ grace: Duration, _ text: String?)
    {
        let settings = SenderSettings(suspendAfterDays: suspend, terminateAfterDays: end)
        let conflict = settings.conflict(grace: grace, key: "policy.grace_period")
        #expect((conflict == nil) == (text == nil))
        if let text { #expect(conflict?.contains(text) ?? false) }
    }

    @Test func `what will happen when stands in one sentence`() {
        let settings = SenderSettings(suspendAfterDays: 2, terminateAfterDays: 14)
        #expect(
            settings.course(grace: .days(7))
                == "Who does not pay is suspended after 2 days and terminated after 14 days in Paymenter, counted from the date paid for; "
                + "access here ends 7 days after it."
        )
    }
}
