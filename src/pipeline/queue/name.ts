/** One queue for everything: BullMQ keeps thousands of event rows for each. */
export const queueName = 'turns';
