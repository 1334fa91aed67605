package tools

import "github.com/wiroai/wiro-mcp-go/internal/mcptool"

// All lists every tool. A new one is a line here.
func All() []mcptool.Tool {
	return []mcptool.Tool{
		searchModelsTool, getModelSchemaTool, recommendModelTool, exploreTool, runModelTool,
		getTaskTool, waitForTaskTool, listTasksTool, getOutputTool, getTaskPriceTool, cancelTaskTool, killTaskTool, deleteTaskFilesTool,
		uploadFileTool, saveOutputTool, readOutputTool, createFolderTool,
		searchDocsTool, readDocTool,
		listAgentsTool, getAgentTool, deployAgentTool, listMyAgentsTool, getMyAgentTool, updateMyAgentTool, startAgentTool, stopAgentTool,
		sendAgentMessageTool, getAgentMessageTool, listAgentMessagesTool, listAgentSessionsTool, cancelAgentMessageTool, deleteAgentMessagesTool,
		previewAgentPriceTool, subscribeAgentTool, cancelAgentSubscriptionTool, renewAgentSubscriptionTool, upgradeAgentTierTool,
		buyAgentCreditsTool, listAgentTransactionsTool, getBalanceTool,
		getAgentLogsTool, listAgentLogDatesTool, deleteAgentLogTool,
		listCredentialTypesTool, setAgentCredentialsTool, getAgentCredentialHistoryTool, connectAgentAccountTool, getAgentAccountStatusTool,
		disconnectAgentAccountTool, selectAgentAccountTool, refreshAgentTokenTool, listDriveFoldersTool,
		listSkillsTool, listSkillCapabilitiesTool, applyAgentSkillsTool, setCustomSkillTool, renameCustomSkillTool, deleteCustomSkillTool,
		getCustomSkillHistoryTool, revertCustomSkillTool,
		createOrganizationTool, restoreOrganizationTool, createTeamTool, inviteTeamMemberTool, updateTeamTool, getTeamSpendingTool,
		transferAgentTool, transferProjectTool, transferCreditTool,
	}
}
