/** One queue for everything, because BullMQ keeps thousands of event rows for each queue. */
export const queueName = 'turns';
