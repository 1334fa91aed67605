package tools

// All lists every tool. A new one is a line here.
func All() []Definition {
	return []Definition{
		searchModels, getModelSchema, recommendModel, explore, runModel,
		getTask, waitForTask, listTasks, getTaskPrice, cancelTask, killTask, deleteTaskFiles,
		uploadFile, createFolder,
		searchDocs, readDoc,
		listAgents, getAgent, deployAgent, listMyAgents, getMyAgent, updateMyAgent, startAgent, stopAgent,
		sendAgentMessage, getAgentMessage, listAgentMessages, listAgentSessions, cancelAgentMessage, deleteAgentMessages,
		previewAgentPrice, subscribeAgent, cancelAgentSubscription, renewAgentSubscription, upgradeAgentTier,
		buyAgentCredits, listAgentTransactions,
		getAgentLogs, listAgentLogDates, deleteAgentLog,
		listCredentialTypes, setAgentCredentials, getAgentCredentialHistory, connectAgentAccount, getAgentAccountStatus,
		disconnectAgentAccount, selectAgentAccount, refreshAgentToken, listDriveFolders,
		listSkills, listSkillCapabilities, applyAgentSkills, setCustomSkill, renameCustomSkill, deleteCustomSkill,
		getCustomSkillHistory, revertCustomSkill,
		createOrganization, restoreOrganization, createTeam, inviteTeamMember, updateTeam, getTeamSpending,
		transferAgent, transferProject, transferCredit,
	}
}
