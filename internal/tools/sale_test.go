package tools

// ForSale is a Wiro at which a tool that charges money finds its price, so that a call that is
// confirmed gets through.
func ForSale(tool string) map[string]string {
	agent := map[string]string{
		"subscribe_agent":          `"subscription": null`,
		"renew_agent_subscription": `"subscription": {"status": "expired"}`,
		"buy_agent_credits": `"tier": "pro", "agent": {"extracreditpacks": [
			{"packkey": "small", "credits": 5000, "priceusd": 40, "enabled": true},
			{"packkey": "medium", "credits": 30000, "priceusd": 220, "enabled": true}]}`,
	}[tool]
	return map[string]string{
		"Agent/Detail": `{"result":true,"agents":[{"guid":"a1b2","title":"Instagram Manager",
			"tiers":{"starter":{"priceUsd":9,"credits":1000},"pro":{"priceUsd":29,"credits":5000}}}]}`,
		"UserAgent/PricingPreview": `{"result":true,"tier":"pro","totalPriceUsd":27,"totalMonthlyCredits":3000,
			"tiers":{"starter":{"priceUsd":9,"credits":1000},"pro":{"priceUsd":27,"credits":3000}}}`,
		"UserAgent/Detail": agentNow(agent), "UserAgent/Deploy": agentNow(""),
		"UserAgent/CreateSubscriptionCheckout": `{"result":true,"subscriptionId":1,"monthlypriceusd":27,"monthlycredits":3000}`,
		"UserAgent/RenewSubscription":          `{"result":true,"action":"renewed","amount":9,"monthlycredits":1000}`,
		"UserAgent/UpgradeTier":                `{"result":true,"tier":"pro","previousTier":"starter","newPriceUsd":27,"newMonthlyCredits":3000,"proratedCharge":10.2}`,
		"Team/TransferCredit":                  `{"result":true,"transferred":{"total":100,"gifted":50,"store":0,"amount":50}}`,
		"UserAgent/SkillsApply": `{"result":true,"tier":"pro","prepaidWalletDelta":19.99,
			"pricing":{"previousPriceUsd":9,"newPriceUsd":39,"previousMonthlyCredits":1000,"newMonthlyCredits":6000}}`,
		"UserAgent/Message/Send": sentNow,
	}
}
