/** A playbook to begin with: every part that most have, each with what it is for. */
export function playbookTemplate(id: string, title: string): string {
  return `# A playbook. Check it with: firebreak playbook check ${id}.yaml
# It runs once it lies in the folder playbooks of the home and the server was restarted.
id: ${id}
title: ${JSON.stringify(title)}
description: |-
  What this is for, how one sees that it is needed, and what it leaves to people.
# Counted up with each change; a run keeps the text it began with.
version: 1

# What must be known at the start. Steps use it as \${inputs.agentId}.
inputs:
  agentId: { type: string, description: the agent to contain }

phases:
  # Phases run in this order: contain, investigate, eradicate, recover, communicate, learn.
  - id: contain
    timeBox: 15m
    steps:
      # First nothing may change any more, ...
      - id: freeze
        title: Freeze the agent
        type: action
        effector: agent.freeze
        with: { agentId: "\${inputs.agentId}", reason: Contained by a playbook }
        timeBox: 10s
        # stop: nothing after it runs; continue: the run goes on; fail_at_end: it goes on and ends failed
        onFailure: continue
        undo: none
      # ... then evidence is kept, before anything destroys it, ...
      - id: evidence
        title: Collect evidence
        type: action
        effector: evidence.collect
        with: { agentId: "\${inputs.agentId}", reason: Contained by a playbook }
        timeBox: 2m
        onFailure: continue
        undo: none
      # ... and a verify proves that it holds.
      - id: frozen
        title: The agent stands still
        type: verify
        of: freeze
        timeBox: 30s

  - id: investigate
    steps:
      # What only a person can do, in the exact words. The clock is the time box.
      - id: look
        title: Find out what it did
        type: manual
        instructions: |-
          Read the timeline of the incident. What did the agent reach, and who told it to?
        timeBox: 1h

  - id: communicate
    steps:
      - id: tell
        title: Tell the team
        type: action
        effector: notify.send
        with: { template: contained }
        timeBox: 1m
        onFailure: continue
        undo: none
`;
}
